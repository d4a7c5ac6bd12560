package dev.scaling.examples.queue;

import dev.scaling.concurrency.adaptive.AdaptiveLimit;
import dev.scaling.concurrency.adaptive.ConcurrencyLimitedException;
import dev.scaling.concurrency.adaptive.Priority;
import dev.scaling.concurrency.queue.BoundedQueue;
import dev.scaling.concurrency.queue.QueueFullException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAccumulator;

/**
 * Twenty producers put a hundred mails each into a queue, whose handler waits for a database that
 * takes four at a time; one mail in a hundred cannot be stored. What becomes of each?
 *
 * <p>Run: {@code mvn -q -B -ntp -Pqueue -pl examples -am -DskipTests package}
 */
public final class QueueMain {

  private static final int PRODUCERS = 20;
  private static final int MAILS = 100; // of each producer
  private static final int CAPACITY = 10;
  private static final int LIMIT = 4;

  private final Store store = new Store();
  private final AdaptiveLimit database = AdaptiveLimit.builder("database")
      .initialLimit(LIMIT)
      .maximumLimit(LIMIT)
      .maximumWaiting(2)
      .build();
  private final Queue<Mail> accepted = new ConcurrentLinkedQueue<>();
  private final Queue<Mail> letters = new ConcurrentLinkedQueue<>();
  private final LongAccumulator mostWaiting = new LongAccumulator(Math::max, 0);

  private QueueMain() {}

  /** Runs for about a second, and prints what became of the mails. */
  public static void main(String[] args) throws InterruptedException {
    run(System.out);
  }

  static void run(PrintStream out) throws InterruptedException {
    new QueueMain().fill(out);
  }

  private void fill(PrintStream out) throws InterruptedException {
    var mails = BoundedQueue.<Mail>builder("mails", this::send)
        .capacity(CAPACITY)
        .concurrency(8) // more than the database takes: the others wait in the handler
        .deadLetter(letter -> letters.add(letter.item()))
        .build();
    List<Thread> producers = new ArrayList<>();
    for (int i = 0; i < PRODUCERS; i++) {
      int first = i * MAILS;
      producers.add(new Thread(() -> produce(mails, first)));
    }
    producers.forEach(Thread::start);
    for (Thread producer : producers) {
      producer.join();
    }
    boolean isDone = mails.close(Duration.ofSeconds(20)); // what waits is handled first
    var seen = mails.snapshot();
    out.println(seen.accepted() + " mails accepted, " + seen.refused() + " refused after 20 ms");
    out.println(store.saved.size() + " stored, " + letters.size() + " dead letters");
    out.println(
        database.snapshot().refused() + " times the limit had no room, and they came again");
    database.close();
    print(out, isDone && eachEndedOnce(), "each accepted mail was stored, or is one dead letter");
    print(out, mostWaiting.get() <= CAPACITY, "never more than " + CAPACITY + " waiting");
    print(out, store.most.get() <= LIMIT, "never more than " + LIMIT + " in the database");
  }

  private void produce(BoundedQueue<Mail> mails, int first) {
    for (int number = first; number < first + MAILS; number++) {
      var mail = new Mail(number);
      try {
        mails.put(mail, Duration.ofMillis(20));
        accepted.add(mail);
      } catch (QueueFullException e) {
        // A service would tell its client to come again later.
      }
      mostWaiting.accumulate(mails.snapshot().waiting());
    }
  }

  // region handler
  void send(Mail mail) throws Exception { // the handler
    for (int rounds = 1; ; rounds++) {
      try {
        database.run(Priority.LOW, () -> store.save(mail));
        return;
      } catch (ConcurrencyLimitedException e) { // it was not begun
        if (rounds == 600) { // 30 s
          throw e;
        }
        Thread.sleep(50);
      }
    }
  }
  // endregion

  private boolean eachEndedOnce() {
    List<Mail> ended = new ArrayList<>(store.saved);
    ended.addAll(letters);
    ended.sort(Mail.BY_NUMBER);
    return ended.equals(accepted.stream().sorted(Mail.BY_NUMBER).toList());
  }

  private static void print(PrintStream out, boolean isKept, String guarantee) {
    out.println((isKept ? "PASS " : "FAIL ") + guarantee);
  }
}
