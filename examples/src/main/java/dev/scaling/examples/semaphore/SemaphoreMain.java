package dev.scaling.examples.semaphore;

import dev.scaling.concurrency.semaphore.DistributedSemaphore;
import dev.scaling.concurrency.semaphore.Permit;
import dev.scaling.testkit.RedisServer;
import dev.scaling.testkit.RedisServers;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Two instances of a service, ten callers each, share three permits; then a third one has them all
 * and is cut off from Redis. How many work at a time, what does that cost, and when is work
 * possible again?
 *
 * <p>Run: {@code mvn -q -B -ntp -Psemaphore -pl examples -am -DskipTests package}
 */
public final class SemaphoreMain {

  static final int PERMITS = 3;
  static final Duration LEASE = Duration.ofSeconds(3);
  private static final int CALLERS = 10; // of each instance
  private static final Duration LONG = Duration.ofMinutes(1);

  private SemaphoreMain() {}

  /** Runs for some seconds on a Redis of its own, and prints what it saw. */
  public static void main(String[] args) throws InterruptedException {
    run(/* jobs= */ 40, System.out);
  }

  static void run(int jobs, PrintStream out) throws InterruptedException {
    try (RedisServer server = RedisServers.single();
        Instance one = new Instance(server.address());
        Instance two = new Instance(server.address())) {
      share(server, List.of(one.semaphore(), two.semaphore()), jobs, out);
      try (Instance dead = new Instance(server.address())) {
        outlive(dead, one.semaphore(), out);
      }
    }
  }

  private static void share(
      RedisServer server, List<DistributedSemaphore> instances, int jobs, PrintStream out)
      throws InterruptedException {
    long before = scripts(server);
    Queue<Job> done = new ConcurrentLinkedQueue<>();
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS * instances.size(); i++) {
      var semaphore = instances.get(i % instances.size());
      callers.add(new Thread(() -> {
        for (int job = 0; job < jobs; job++) {
          done.add(Job.run(semaphore));
        }
      }));
    }
    callers.forEach(Thread::start);
    for (Thread caller : callers) {
      caller.join();
    }
    long tokens = done.stream().mapToLong(Job::fencingToken).distinct().count();
    out.println(done.size() + " jobs of 5 ms, " + (scripts(server) - before) + " scripts");
    print(out, Job.mostAtATime(done) <= PERMITS, "never more than " + PERMITS + " at a time");
    print(out, tokens == done.size(), "no fencing token came twice");
  }

  private static void outlive(Instance dead, DistributedSemaphore living, PrintStream out) {
    List<Permit> held = new ArrayList<>();
    for (int i = 0; i < PERMITS; i++) {
      held.add(dead.semaphore().acquire(LONG));
    }
    long start = System.nanoTime();
    dead.cutOff();
    try (Permit permit = living.acquire(LONG)) {
      var waited = Duration.ofNanos(System.nanoTime() - start);
      out.println("an instance with all permits is cut off: another works " + waited.toMillis()
          + " ms later, with a lease of " + LEASE.toMillis()
          + " ms (who waits asks each third of it)");
      print(out, held.stream().noneMatch(Permit::isValid), "its permits had ended by then");
      print(
          out,
          held.stream().allMatch(each -> each.fencingToken() < permit.fencingToken()),
          "the fencing token is greater than all of its own");
    }
  }

  private static long scripts(RedisServer server) {
    return server.commandCounts().getOrDefault("evalsha", 0L);
  }

  private static void print(PrintStream out, boolean isKept, String guarantee) {
    out.println((isKept ? "PASS " : "FAIL ") + guarantee);
  }
}
