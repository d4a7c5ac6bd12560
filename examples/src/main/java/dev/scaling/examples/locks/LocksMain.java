package dev.scaling.examples.locks;

import dev.scaling.locks.Lease;
import dev.scaling.testkit.RedisServers;
import dev.scaling.testkit.RedisTopology;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Two instances of a service sell from one stock, each reading and then writing it under a lock
 * over three Redis masters. Half-way one of these dies. At the end one instance is cut off while it
 * has the lock, and writes too late.
 *
 * <p>Run: {@code mvn -q -B -ntp -Plocks -pl examples -am -DskipTests package}
 */
public final class LocksMain {

  static final Duration LEASE = Duration.ofSeconds(3);
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final int SELLERS = 4; // of each instance

  private LocksMain() {}

  /** Runs for some seconds on servers of its own, and prints what it saw. */
  public static void main(String[] args) throws InterruptedException {
    run(/* sales= */ 100, System.out);
  }

  static void run(int sales, PrintStream out) throws InterruptedException {
    try (RedisTopology servers = RedisServers.masters(3);
        Instance one = new Instance("one", servers.addresses());
        Instance two = new Instance("two", servers.addresses())) {
      int all = sales * SELLERS * 2;
      var stock = new Stock(all);
      var refused = new AtomicInteger();
      long start = System.nanoTime();
      sell(List.of(one, two), stock, sales / 2, refused);
      servers.servers().get(0).kill();
      sell(List.of(one, two), stock, sales - sales / 2, refused);
      long millis = Duration.ofNanos(System.nanoTime() - start).toMillis();
      out.println(all + " sales in " + millis + " ms, one of three masters killed half-way");
      print(out, refused.get() == 0, "every holder's token was the greatest so far");
      print(out, stock.left() == 0, "no sale was lost");
      writeTooLate(one, two, stock, out);
    }
  }

  private static void sell(List<Instance> instances, Stock stock, int sales, AtomicInteger refused)
      throws InterruptedException {
    List<Thread> sellers = new ArrayList<>();
    for (int i = 0; i < SELLERS * instances.size(); i++) {
      var lock = instances.get(i % instances.size()).lock();
      sellers.add(new Thread(() -> {
        for (int sale = 0; sale < sales; sale++) {
          try (Lease lease = lock.acquire(LONG)) {
            if (!stock.write(stock.left() - 1, lease.fencingToken())) {
              refused.incrementAndGet();
            }
          }
        }
      }));
    }
    sellers.forEach(Thread::start);
    for (Thread seller : sellers) {
      seller.join();
    }
  }

  private static void writeTooLate(Instance one, Instance two, Stock stock, PrintStream out) {
    Lease late = one.lock().acquire(LONG);
    one.cutOff();
    long start = System.nanoTime();
    try (Lease next = two.lock().acquire(LONG)) {
      long millis = Duration.ofNanos(System.nanoTime() - start).toMillis();
      out.println("the holder is cut off: another has the lock " + millis
          + " ms later, with a lease of " + LEASE.toMillis() + " ms");
      print(out, !late.isValid(), "its lease had ended by then");
      stock.write(1_000, next.fencingToken());
      print(out, !stock.write(0, late.fencingToken()), "what it writes later is refused");
    }
  }

  private static void print(PrintStream out, boolean isKept, String guarantee) {
    out.println((isKept ? "PASS " : "FAIL ") + guarantee);
  }
}
