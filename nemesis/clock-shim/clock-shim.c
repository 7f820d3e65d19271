/*
 * Puts the wall clock of any dynamically linked program wrong, while it runs: preload this library and name a file of 32
 * bytes in CLOCK_SKEW_FILE (layout: ports/node/clock-skew.ts). The file is mapped once; whoever writes to it changes what
 * the program reads next, without a system call. Only CLOCK_REALTIME moves: timers, sockets and waits run on the monotonic
 * clock and are left alone. A wait until an absolute wall-clock time is not converted.
 *
 *   cc -O2 -Wall -shared -fPIC -o clock-shim.so clock-shim.c -ldl
 *   LD_PRELOAD=./clock-shim.so CLOCK_SKEW_FILE=./skew java ...
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

typedef int (*clock_reader)(clockid_t, struct timespec *);

/* The file, word by word. */
struct skew_file {
  _Atomic uint64_t sequence; /* odd while the rest is being written */
  _Atomic int64_t offset_ns;
  _Atomic int64_t drift_ppb;
  _Atomic int64_t anchor_ns;
};

static const int64_t second_ns = 1000000000;

static struct skew_file *mapped;
static clock_reader next_clock_gettime;

__attribute__((constructor)) static void map_skew_file(void) {
  next_clock_gettime = (clock_reader)dlsym(RTLD_NEXT, "clock_gettime");
  const char *path = getenv("CLOCK_SKEW_FILE");
  if (path == NULL) return;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  struct stat status;
  /* Touching a page behind the end of a file would end the program. */
  if (fstat(fd, &status) == 0 && status.st_size >= (off_t)sizeof(struct skew_file)) {
    void *at = mmap(NULL, sizeof(struct skew_file), PROT_READ, MAP_SHARED, fd, 0);
    if (at != MAP_FAILED) mapped = at;
  }
  close(fd);
}

/* Before the constructor has run, programs ask for the time already. */
static int true_clock(clockid_t clock, struct timespec *time) {
  if (next_clock_gettime != NULL) return next_clock_gettime(clock, time);
  return (int)syscall(SYS_clock_gettime, clock, time);
}

static int64_t drifted_ns(int64_t drift_ppb, int64_t anchor_ns) {
  struct timespec now;
  if (drift_ppb == 0 || true_clock(CLOCK_MONOTONIC, &now) != 0) return 0;
  __int128 elapsed_ns = (__int128)now.tv_sec * second_ns + now.tv_nsec - anchor_ns;
  return (int64_t)(elapsed_ns * drift_ppb / second_ns);
}

static int64_t skew_ns(void) {
  if (mapped == NULL) return 0;
  for (;;) {
    uint64_t before = atomic_load(&mapped->sequence);
    int64_t offset_ns = atomic_load(&mapped->offset_ns);
    int64_t drift_ppb = atomic_load(&mapped->drift_ppb);
    int64_t anchor_ns = atomic_load(&mapped->anchor_ns);
    uint64_t after = atomic_load(&mapped->sequence);
    if (before == after && before % 2 == 0) return offset_ns + drifted_ns(drift_ppb, anchor_ns);
  }
}

static void shift(struct timespec *time) {
  int64_t skew = skew_ns();
  int64_t seconds = time->tv_sec + skew / second_ns;
  int64_t ns = time->tv_nsec + skew % second_ns;
  if (ns < 0) {
    ns += second_ns;
    seconds--;
  } else if (ns >= second_ns) {
    ns -= second_ns;
    seconds++;
  }
  time->tv_sec = (time_t)seconds;
  time->tv_nsec = (long)ns;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  int failed = true_clock(clock, time);
  if (failed == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) shift(time);
  return failed;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  (void)zone;
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

int timespec_get(struct timespec *time, int base) {
  if (base != TIME_UTC || clock_gettime(CLOCK_REALTIME, time) != 0) return 0;
  return base;
}

time_t time(time_t *also) {
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return (time_t)-1;
  if (also != NULL) *also = now.tv_sec;
  return now.tv_sec;
}
