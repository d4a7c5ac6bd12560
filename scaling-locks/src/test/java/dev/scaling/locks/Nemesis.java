package dev.scaling.locks;

import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/** Lets the faults of a plan befall an arena, and has what its clients saw checked. */
final class Nemesis {

  /** Where the histories of runs are, each with its plan. */
  private static final Path HISTORIES = Path.of("target", "nemesis");

  private static final Duration AGAIN = Duration.ofMinutes(1);

  private Nemesis() {}

  /** Runs the plan of a seed against locks of ours. */
  static HistoryCheck run(long seed, int nodes, long seconds) throws Exception {
    Locker.Kind[] clients = {Locker.Kind.RENEWED, Locker.Kind.FIXED, Locker.Kind.RENEWED};
    var plan = Fault.plan(seed, nodes, clients.length, TimeUnit.SECONDS.toMillis(seconds));
    var check = run(nodes + "-" + seed, plan, nodes, seed, clients);
    boolean setsClocks = plan.stream().anyMatch(fault -> fault.kind() == Fault.Kind.CLOCK_SET);
    return setsClocks ? check.withClocksSet() : check;
  }

  /** Runs a plan, until each client has a lock again after the last fault. */
  static HistoryCheck run(
      String name, List<Fault> plan, int nodes, long seed, Locker.Kind... clients)
      throws Exception {
    var directory = HISTORIES.resolve(name).toAbsolutePath();
    try (var arena = new Arena(directory, nodes, seed, clients)) {
      Files.writeString(
          directory.resolve("plan"),
          plan.stream().map(Fault::toString).collect(Collectors.joining("\n")));
      untilAllAcquire(arena, clients.length, System.nanoTime());
      strike(arena, plan);
      untilAllAcquire(arena, clients.length, System.nanoTime());
      arena.endClients();
      var writes = arena.register().writes();
      Files.writeString(
          directory.resolve("writes"),
          writes.stream().map(Object::toString).collect(Collectors.joining("\n")));
      return new HistoryCheck(arena.history(), writes);
    }
  }

  private static void strike(Arena arena, List<Fault> plan) throws Exception {
    List<Step> steps = new ArrayList<>();
    for (Fault fault : plan) {
      steps.add(new Step(fault.atMillis(), fault, /* isBegin= */ true));
      steps.add(new Step(fault.endMillis(), fault, /* isBegin= */ false));
    }
    steps.sort(Comparator.comparingLong(Step::atMillis));
    long began = System.nanoTime();
    for (Step step : steps) {
      long at = began + TimeUnit.MILLISECONDS.toNanos(step.atMillis());
      while (at - System.nanoTime() > 0) {
        LockSupport.parkNanos(at - System.nanoTime());
      }
      if (step.isBegin()) {
        arena.begin(step.fault());
      } else {
        arena.end(step.fault());
      }
    }
  }

  private static void untilAllAcquire(Arena arena, int clients, long sinceNanos) {
    for (int client = 0; client < clients; client++) {
      int each = client;
      await().atMost(AGAIN).until(() -> arena.acquires(each, sinceNanos));
    }
  }

  /** The begin or the end of a fault. */
  private record Step(long atMillis, Fault fault, boolean isBegin) {}
}
