import java.util.ArrayList;
import java.util.Properties;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * Kafka's own producer: transactions of one record to each partition, of which every n-th is aborted. Writes a line with number and
 * outcome of each; a value names its transaction and its partition.
 *
 * java TransactionTrial.java BOOTSTRAP TOPIC PARTITIONS TOTAL ABORT_EVERY
 */
public class TransactionTrial {
  private final Properties settings = new Properties();
  private final String topic;
  private final int partitions;
  private KafkaProducer<String, String> producer;

  private TransactionTrial(String bootstrap, String topic, int partitions) {
    this.topic = topic;
    this.partitions = partitions;
    settings.put("bootstrap.servers", bootstrap);
    settings.put("transactional.id", topic);
    settings.put("request.timeout.ms", "3000");
    settings.put("linger.ms", "0");
    for (String side : new String[] {"key", "value"}) {
      settings.put(side + ".serializer", "org.apache.kafka.common.serialization.StringSerializer");
    }
  }

  private void begin() {
    producer = new KafkaProducer<>(settings);
    producer.initTransactions();
  }

  private String transact(int n, boolean isToBeAborted) {
    boolean isCommitting = false;
    try {
      producer.beginTransaction();
      ArrayList<Future<RecordMetadata>> sent = new ArrayList<>();
      for (int partition = 0; partition < partitions; partition++) {
        sent.add(producer.send(new ProducerRecord<>(topic, partition, null, n + "-" + partition)));
      }
      for (Future<RecordMetadata> each : sent) each.get();
      if (isToBeAborted) {
        producer.abortTransaction();
        return "aborted";
      }
      isCommitting = true;
      producer.commitTransaction();
      return "committed";
    } catch (Exception error) {
      System.err.println(n + ": " + error);
      // Whether a commit happened nobody has said; the next instance ends what is open.
      producer.close(java.time.Duration.ZERO);
      begin();
      return isCommitting ? "unknown" : "aborted";
    }
  }

  public static void main(String[] args) {
    TransactionTrial trial = new TransactionTrial(args[0], args[1], Integer.parseInt(args[2]));
    int total = Integer.parseInt(args[3]);
    int abortEvery = Integer.parseInt(args[4]);
    trial.begin();
    for (int n = 0; n < total; n++) System.out.println(n + " " + trial.transact(n, n % abortEvery == 0));
    trial.producer.close();
  }
}
