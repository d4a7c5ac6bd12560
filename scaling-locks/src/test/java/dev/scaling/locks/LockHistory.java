package dev.scaling.locks;

import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.locks.Acquisition.Unavailable;
import dev.scaling.locks.LockOracle.Held;
import dev.scaling.testkit.VirtualTime;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One random history of some lock services over simulated nodes, and what is wrong with it. */
final class LockHistory {

  private static final Duration RETENTION = Duration.ofMinutes(20);
  private static final String SEMAPHORE = "semaphore";
  private static final long SLACK_NANOS = 1_000_000;

  final VirtualTime time = new VirtualTime();
  final Random random;
  final Kind kind;
  final Seeded seeded;
  final long leaseNanos;
  final long timeoutNanos;
  final double mostHoldLeases;
  final SimulatedNetwork network;
  final List<SimulatedNode> nodes = new ArrayList<>();
  final List<SimulatedProcess> processes = new ArrayList<>();
  final List<String> locks = new ArrayList<>();
  private final int permits; // of a semaphore, or 0 if there is none
  final LockOracle oracle;
  final int readers; // of four calls
  boolean isChaos = true;
  private final List<LockService> services = new ArrayList<>();
  private final List<LockClient> clients = new ArrayList<>();

  LockHistory(long seed, Kind kind, Seeded seeded) {
    random = new Random(seed);
    this.kind = kind;
    this.seeded = seeded;
    leaseNanos = millis(100, 1_000);
    timeoutNanos = leaseNanos / (5 + random.nextInt(8));
    mostHoldLeases = random.nextBoolean() ? 1.5 : 0.3;
    network = new SimulatedNetwork(time, random, random.nextBoolean(), seeded);
    network.mostDelayNanos =
        1 + timeoutNanos / (seeded == Seeded.STOPWATCH_AT_COMPLETION ? 3 : 2 + random.nextInt(30));
    network.mostLateNanos = (long) (leaseNanos * random.nextDouble() * 2);
    int size = 1 + 2 * random.nextInt(3);
    for (int i = 0; i < size; i++) {
      long offset = (long) (random.nextDouble() * leaseNanos / 10_000);
      nodes.add(new SimulatedNode(network, i, rate(), offset, seeded));
    }
    permits = random.nextInt(4);
    oracle = new LockOracle(
        nodes,
        Keys.of("scaling", "test"),
        kind != Kind.STEPS,
        seeded == Seeded.NO_VALIDITY_CHECK,
        permits);
    readers = random.nextInt(4);
    int count = 1 + random.nextInt(2);
    for (int i = 0; i < count; i++) {
      locks.add("lock-" + i);
    }
    for (int i = 0; i < permits; i++) {
      locks.add(SEMAPHORE + "#" + i);
    }
    int instances = 1 + random.nextInt(4);
    for (int i = 0; i < instances; i++) {
      long late = seeded == Seeded.STOPWATCH_AT_COMPLETION ? 2 * network.mostDelayNanos : 0;
      addInstance(i, new SimulatedProcess(time, random, rate(), late));
    }
  }

  /** Returns what is wrong, or {@code null}. */
  @Nullable
  String run() {
    advance(leaseNanos * 5 / 4 + 1_500_000_000L);
    for (LockService service : services) {
      if (!service.snapshot().outside().isEmpty()) {
        oracle.wrong("not ready: " + service);
      }
    }
    var faults = new SimulatedFaults(this);
    clients.forEach(LockClient::think);
    faults.begin();
    sample();
    advance(leaseNanos * (10 + random.nextInt(20)));
    isChaos = false;
    faults.mend();
    clients.forEach(LockClient::end);
    if (oracle.wrong() == null) {
      recover();
    }
    if (oracle.wrong() == null) {
      missQuorum();
    }
    if (oracle.wrong() == null) {
      leaveNothing();
    }
    services.forEach(LockService::close);
    return oracle.wrong();
  }

  int acquisitions() {
    return oracle.acquisitions();
  }

  int readings() {
    return oracle.readings();
  }

  int handOvers() {
    return oracle.turns.handOvers();
  }

  /** Returns a random time around a lease. */
  long upToLeases(double most) {
    return (long) (random.nextDouble() * most * leaseNanos);
  }

  /** Returns the name of a lock, or of the semaphore. */
  String anyName() {
    String lock = locks.get(random.nextInt(locks.size()));
    return lock.startsWith(SEMAPHORE) ? SEMAPHORE : lock;
  }

  /** Asks for a lock, or for a permit of the semaphore, which nobody reads. */
  CompletableFuture<Acquisition> ask(
      LockService service, String name, boolean reads, Duration wait) {
    if (name.equals(SEMAPHORE)) {
      return service.semaphore(name, permits).acquireAsync(wait);
    }
    var both = service.readWrite(name);
    return (reads ? both.read() : both.write()).acquireAsync(wait);
  }

  private void addInstance(int number, SimulatedProcess process) {
    int most = random.nextInt(3) * random.nextInt(6);
    var longest = Duration.ofNanos(upToLeases(1));
    oracle.turns.allow(process, most, longest);
    var builder = LockService.builder("test")
        .instance("instance-" + number)
        .unique(() -> "0")
        .lease(Duration.ofNanos(leaseNanos))
        .nodeTimeout(Duration.ofNanos(timeoutNanos))
        .maxHold(Duration.ofNanos(Math.max(50_000_000, leaseNanos / 2 + upToLeases(6))))
        .localHandOvers(seeded == Seeded.HANDED_ON_TOO_OFTEN ? 2 * most : most)
        .handOverTime(seeded == Seeded.HANDED_ON_TOO_LONG ? longest.multipliedBy(2) : longest)
        .executor(Runnable::run)
        .openTelemetry(OpenTelemetry.noop())
        .random(random)
        .time(process);
    nodes.forEach(node -> builder.node("node-" + nodes.indexOf(node), node.port(process)));
    var service = builder.build();
    processes.add(process);
    services.add(service);
    int count = 1 + random.nextInt(most == 0 ? 3 : 5);
    for (int i = 0; i < count; i++) {
      clients.add(new LockClient(this, process, service));
    }
  }

  private void sample() {
    oracle.askAll();
    if (isChaos) {
      time.schedule(this::sample, Duration.ofNanos(upToLeases(0.2)));
    }
  }

  /** Without faults every lock can soon be had again. */
  private void recover() {
    long quarantine = leaseNanos * 17 / 10 + 2_200_000_000L;
    advance(leaseNanos * 3); // those who wait have their turns, and what the dead have ends
    long waited = leaseNanos * 3;
    while (!isWhole() && waited < quarantine) {
      advance(leaseNanos / 10);
      waited += leaseNanos / 10;
    }
    for (int i = 0; i < services.size(); i++) {
      if (processes.get(i).isStopped()) {
        continue;
      }
      if (!isWhole()) {
        oracle.wrong("some nodes stay outside: " + services.get(i).snapshot());
      }
      for (String lock : locks) {
        var both = services.get(i).readWrite(lock);
        boolean isPermit = lock.startsWith(SEMAPHORE);
        for (DistributedLock each : List.of(both.write(), isPermit ? both.write() : both.read())) {
          var lease = acquire(i, each, leaseNanos * 3, leaseNanos);
          if (lease instanceof Acquired acquired) {
            acquired.lease().close();
          } else {
            oracle.wrong(lock + " cannot be had again: " + lease);
          }
        }
      }
    }
    for (LockClient client : clients) {
      client.checkEnded();
    }
  }

  private boolean isWhole() {
    if (!nodes.stream().allMatch(node -> node.scripts.isMember())) {
      return false; // though nobody may have noticed yet
    }
    for (int i = 0; i < services.size(); i++) {
      if (!processes.get(i).isStopped() && !services.get(i).snapshot().outside().isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /** Without a quorum callers hear of it in time. */
  private void missQuorum() {
    advance(leaseNanos / 5);
    for (int i = 0; i <= nodes.size() / 2; i++) {
      nodes.get(i).pause();
    }
    for (int i = 0; i < services.size(); i++) {
      if (!processes.get(i).isStopped()) {
        var lock = services.get(i).lock(locks.get(0));
        var outcome = acquire(i, lock, leaseNanos * 3, timeoutNanos * 2 + SLACK_NANOS);
        if (!(outcome instanceof Unavailable)) {
          oracle.wrong("no quorum, but " + outcome);
        }
      }
    }
    nodes.forEach(SimulatedNode::resume);
  }

  private @Nullable Acquisition acquire(
      int service, DistributedLock lock, long waitNanos, long withinNanos) {
    var before = oracle.asks();
    CompletableFuture<Acquisition> future = lock.acquireAsync(Duration.ofNanos(waitNanos));
    advance(withinNanos);
    if (future.getNow(null) instanceof Acquired acquired) {
      Held held = oracle.acquired(acquired.lease(), processes.get(service), before);
      held.release();
    }
    return future.getNow(null);
  }

  private void leaveNothing() {
    advance(leaseNanos * 9);
    for (int i = 0; i < services.size(); i++) {
      if (!processes.get(i).isStopped() && !isQuiet(processes.get(i))) {
        oracle.wrong(processes.get(i).pending() + " timers left: " + services.get(i));
      }
    }
    for (int i = 0; i < services.size(); i++) {
      if (!processes.get(i).isStopped()) {
        services.get(i).close(); // or they would ask how the nodes stand for all that time
      }
    }
    time.advance(RETENTION.plus(RETENTION.dividedBy(10)));
    for (SimulatedNode node : nodes) {
      if (node.scripts.keys() > 0) {
        oracle.wrong("keys left: " + node.scripts.keys());
      }
    }
  }

  /** Returns whether at some moment there is no timer but the one that looks at the nodes. */
  private boolean isQuiet(SimulatedProcess process) {
    for (int i = 0; i < 100 && process.pending() > 1; i++) {
      advance(leaseNanos / 30);
    }
    return process.pending() <= 1;
  }

  private void advance(long nanos) {
    time.advance(Duration.ofNanos(nanos));
  }

  private long millis(int from, int to) {
    return (from + random.nextInt(to - from)) * 1_000_000L;
  }

  private double rate() {
    return 1 + (random.nextDouble() - 0.5) * 0.01;
  }

  /** What may go wrong in a history. */
  enum Kind {
    /** Networks and processes fail. */
    FAULTS,
    /** Servers lose their memory as well. */
    LOSSES,
    /** Clocks of servers are set as well, but no memory is lost. */
    STEPS
  }
}
