/*
 * Holds every packet of a netfilter queue for a while and lets it go in order: delay on kernels that have no netem.
 *
 *   cc -O2 -Wall -o delay-queue delay-queue.c -lnetfilter_queue
 *   delay-queue QUEUE DELAY_MS JITTER_MS      says "ready" when it holds; SIGTERM lets everything go, and ends it
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <linux/netfilter.h>
#include <linux/netlink.h>
#include <libnetfilter_queue/libnetfilter_queue.h>

#define CAPACITY 65536

struct held {
  uint32_t packet;
  int64_t due_ns;
};

static struct held ring[CAPACITY];
static unsigned oldest, next_free;
static struct nfq_q_handle *queue;
static int64_t delay_ns, jitter_ns;
static volatile sig_atomic_t ending;

static void on_term(int signal) {
  (void)signal;
  ending = 1;
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int hold(struct nfq_q_handle *from, struct nfgenmsg *message, struct nfq_data *data, void *unused) {
  (void)message;
  (void)unused;
  uint32_t packet = ntohl(nfq_get_msg_packet_hdr(data)->packet_id);
  if (next_free - oldest == CAPACITY) return nfq_set_verdict(from, packet, NF_DROP, 0, NULL);
  int64_t due_ns = now_ns() + delay_ns + (int64_t)((drand48() * 2 - 1) * (double)jitter_ns);
  /* Nobody overtakes. */
  if (next_free != oldest && ring[(next_free - 1) % CAPACITY].due_ns > due_ns) due_ns = ring[(next_free - 1) % CAPACITY].due_ns;
  ring[next_free++ % CAPACITY] = (struct held){ packet, due_ns };
  return 0;
}

static void let_go(void) {
  int64_t now = now_ns();
  while (oldest != next_free && (ending || ring[oldest % CAPACITY].due_ns <= now)) {
    nfq_set_verdict(queue, ring[oldest++ % CAPACITY].packet, NF_ACCEPT, 0, NULL);
  }
}

static void wait_and_read(struct nfq_handle *handle, int fd) {
  static char buffer[65536] __attribute__((aligned));
  struct timespec wait = { 0, 200 * 1000000 };
  if (oldest != next_free) {
    int64_t left_ns = ring[oldest % CAPACITY].due_ns - now_ns();
    if (left_ns < 0) left_ns = 0;
    wait = (struct timespec){ left_ns / 1000000000, left_ns % 1000000000 };
  }
  struct pollfd readable = { fd, POLLIN, 0 };
  if (ppoll(&readable, 1, &wait, NULL) <= 0) return;
  ssize_t size = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (size > 0) nfq_handle_packet(handle, buffer, (int)size);
}

int main(int count, char **words) {
  if (count != 4) return 64;
  delay_ns = (int64_t)(atof(words[2]) * 1e6);
  jitter_ns = (int64_t)(atof(words[3]) * 1e6);
  signal(SIGTERM, on_term);
  struct nfq_handle *handle = nfq_open();
  if (handle == NULL || (queue = nfq_create_queue(handle, (uint16_t)atoi(words[1]), hold, NULL)) == NULL) {
    perror("delay-queue");
    return 1;
  }
  nfq_set_mode(queue, NFQNL_COPY_META, 0);
  nfq_set_queue_maxlen(queue, CAPACITY);
  int fd = nfq_fd(handle), one = 1, size = 8 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &one, sizeof one);
  puts("ready");
  fflush(stdout);
  while (!ending || oldest != next_free) {
    wait_and_read(handle, fd);
    let_go();
  }
  nfq_destroy_queue(queue);
  nfq_close(handle);
  return 0;
}
