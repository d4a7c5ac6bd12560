package dev.scaling.jmh;

import dev.scaling.core.redis.Redis;
import dev.scaling.jmh.Line.Goal;
import dev.scaling.locks.Lease;
import dev.scaling.locks.LockService;
import dev.scaling.locks.LockServiceBuilder;
import dev.scaling.testkit.RedisServers;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.redisson.Redisson;
import org.redisson.RedissonRedLock;
import org.redisson.api.RLock;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/** Locks on one node and on five, beside Redisson's. */
final class Locks {

  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final int NAMES = 64;

  private Locks() {}

  /** One thread takes locks that are free, and gives them back. */
  static List<Line> uncontended(Lab lab, String id, Effort effort) throws Exception {
    var ports = List.of(lab.port());
    var service = service(lab, "ours", ports);
    var client = lab.client();
    var least = new EmptyScripts(ports);
    Sides.Call ours =
        number -> service.lock("a" + number % NAMES).acquire(PATIENCE).close();
    Sides.Call theirs = number -> {
      RLock lock = client.getLock("a" + number % NAMES);
      takeAndGiveBack(lock);
    };
    var rate = Duel.between(
        effort.warmedUpLonger(), Sides.callsPerSecond(1, ours), Sides.callsPerSecond(1, theirs));
    var time = Duel.between(effort, Sides.medianMicros(ours), Sides.medianMicros(theirs));
    var bytes =
        Duel.between(effort, Sides.bytesOfAllThreads(ours), Sides.bytesOfAllThreads(theirs));
    Sides.Call floor = number -> {
      least.acquire();
      least.release(/* waits= */ false);
    };
    var bound = Duel.between(effort, Sides.medianMicros(ours), Sides.medianMicros(floor));
    var boundBytes =
        Duel.between(effort, Sides.bytesOfAllThreads(ours), Sides.bytesOfAllThreads(floor));
    return List.of(
        new Line(id, "lock+unlock / RLock", "/s", rate.ours(), rate.peer(), Goal.ratioAtLeast(2)),
        new Line(id, "p50 / RLock", "us", time.ours(), time.peer(), Goal.ratioAtMost(0.6)),
        new Line(id, "allocated / RLock", "B", bytes.ours(), bytes.peer(), Goal.ratioAtMost(0.5)),
        new Line(id, "p50 / empty scripts", "us", bound.ours(), bound.peer(), Goal.none()),
        new Line(
            id,
            "allocated / empty scripts",
            "B",
            boundBytes.ours(),
            boundBytes.peer(),
            Goal.none()));
  }

  /** One thread takes free locks on five nodes, beside Redlock and beside five plain reads. */
  static List<Line> quorum(Lab lab, String id, Effort effort) throws Exception {
    var nodes = lab.opened(RedisServers.masters(5));
    List<Redis> ports = new ArrayList<>();
    List<RedissonClient> clients = new ArrayList<>();
    for (String address : nodes.addresses()) {
      ports.add(lab.portTo(address));
      clients.add(client(lab, address));
    }
    var service = service(lab, "five", ports);
    Sides.Call ours =
        number -> service.lock("a" + number % NAMES).acquire(PATIENCE).close();
    Sides.Call theirs = number -> {
      var locks = clients.stream().map(each -> each.getLock("a" + number % NAMES));
      @SuppressWarnings("deprecation") // nothing has replaced it
      var lock = new RedissonRedLock(locks.toArray(RLock[]::new));
      takeAndGiveBack(lock);
    };
    var redlock =
        Duel.between(effort.warmedUpLonger(), Sides.medianMicros(ours), Sides.medianMicros(theirs));
    var floor =
        Duel.between(effort, Sides.medianMicros(ours), Sides.medianMicros(i -> read(ports)));
    var least = new EmptyScripts(ports);
    var leases = new ArrayDeque<Lease>(1);
    var acquiring = Duel.between(
        effort,
        Sides.medianMicros(
            number -> leases.add(service.lock("a" + number % NAMES).acquire(PATIENCE)),
            number -> leases.remove().release().get()),
        Sides.medianMicros(number -> least.acquire(), number -> least.release(/* waits= */ true)));
    return List.of(
        new Line(
            id,
            "p50 / RedissonRedLock",
            "us",
            redlock.ours(),
            redlock.peer(),
            Goal.ratioAtMost(0.333)),
        new Line(
            id, "p50 / five GETs at once", "us", floor.ours(), floor.peer(), Goal.ratioAtMost(1.3)),
        new Line(
            id,
            "p50 to acquire / empty scripts",
            "us",
            acquiring.ours(),
            acquiring.peer(),
            Goal.none()));
  }

  /** How many scripts a node runs for a lock that is free, and for one that many want. */
  static List<Line> commands(Lab lab, String id, Effort effort) throws Exception {
    var service = service(lab, "counted", List.of(lab.port()));
    service.lock("warm").acquire(PATIENCE).release().get();
    int times = 100;
    long before = scripts(lab);
    for (int i = 0; i < times; i++) {
      service.lock("free").acquire(PATIENCE).release().get();
    }
    double free = (scripts(lab) - before) / (double) times;
    List<LockService> services = new ArrayList<>();
    List<RedissonClient> clients = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      services.add(service(lab, "counted", List.of(lab.port())));
      clients.add(lab.client());
    }
    var ours = Crowd.of(effort, caller -> {
      try (var lease = services.get(caller % 4).lock("hot").acquire(PATIENCE)) {
        return lease.isValid();
      }
    });
    before = scripts(lab);
    var mine = ours.run();
    double contended = (scripts(lab) - before) / (double) mine.acquisitions();
    var theirs = Crowd.of(effort, caller -> {
      RLock lock = clients.get(caller % 4).getLock("hot-redisson");
      takeAndGiveBack(lock);
      return true;
    });
    before = scripts(lab);
    var peer = theirs.run();
    double contendedPeer = (scripts(lab) - before) / (double) peer.acquisitions();
    return List.of(
        new Line(id, "scripts, lock is free", "cmd", free, null, Goal.exactly(2)),
        new Line(
            id, "scripts, 4x4 callers / RLock", "cmd", contended, contendedPeer, Goal.atMost(2.1)));
  }

  /** Four clients with four threads each want one lock. */
  static List<Line> handover(Lab lab, String id, Effort effort) throws Exception {
    List<RedissonClient> clients = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      clients.add(lab.client());
    }
    var ours = crowd(lab, "hot", /* localHandOvers= */ 0, effort);
    var cohorts = crowd(lab, "hot-here", /* localHandOvers= */ 32, effort);
    var theirs = Crowd.of(effort, caller -> {
      RLock lock = clients.get(caller % 4).getLock("hot-redisson");
      takeAndGiveBack(lock);
      return true;
    });
    ours.run();
    cohorts.run();
    theirs.run();
    int rounds = Math.min(effort.rounds(), 9);
    var rate = new double[3][rounds];
    var p99 = new double[2][rounds];
    var fairness = new double[rounds];
    for (int i = 0; i < rounds; i++) {
      var mine = ours.run();
      var peer = theirs.run();
      rate[0][i] = mine.perSecond();
      rate[1][i] = peer.perSecond();
      rate[2][i] = cohorts.run().perSecond();
      p99[0][i] = mine.p99Millis();
      p99[1][i] = peer.p99Millis();
      fairness[i] = mine.mostByLeast();
    }
    return List.of(
        new Line(
            id,
            "acquisitions / RLock",
            "/s",
            Duel.median(rate[0]),
            Duel.median(rate[1]),
            Goal.ratioAtLeast(5)),
        new Line(
            id,
            "acquisitions, local hand-overs of 32 / RLock",
            "/s",
            Duel.median(rate[2]),
            Duel.median(rate[1]),
            Goal.ratioAtLeast(20)),
        new Line(
            id,
            "p99 wait / RLock",
            "ms",
            Duel.median(p99[0]),
            Duel.median(p99[1]),
            Goal.ratioAtMost(0.2)),
        new Line(
            id, "most by least, per thread", "", Duel.median(fairness), null, Goal.atMost(1.2)));
  }

  /** Four services whose callers want one lock, and see that they have it alone. */
  private static Crowd crowd(Lab lab, String name, int localHandOvers, Effort effort)
      throws Exception {
    List<LockService> services = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      var builder = builder(name, List.of(lab.port())).localHandOvers(localHandOvers);
      services.add(ready(lab, builder));
    }
    var inside = new AtomicInteger();
    return Crowd.of(effort, caller -> {
      try (var lease = services.get(caller % 4).lock("hot").acquire(PATIENCE)) {
        boolean isAlone = inside.incrementAndGet() == 1;
        inside.decrementAndGet();
        return isAlone && lease.isValid();
      }
    });
  }

  @SuppressWarnings("LockNotBeforeTry") // there is nothing to do between the two
  private static void takeAndGiveBack(RLock lock) {
    lock.lock();
    lock.unlock();
  }

  private static void read(List<Redis> ports) {
    var left = new AtomicInteger(3);
    var quorum = new CompletableFuture<Boolean>();
    for (Redis port : ports) {
      port.get("scaling:any", PATIENCE).whenComplete((value, failure) -> {
        if (left.decrementAndGet() == 0) {
          quorum.complete(true);
        }
      });
    }
    quorum.join();
  }

  private static LockService service(Lab lab, String name, List<Redis> ports) throws Exception {
    return ready(lab, builder(name, ports));
  }

  private static LockServiceBuilder builder(String name, List<Redis> ports) {
    var builder = LockService.builder(name).quarantined(false).nodeTimeout(Duration.ofSeconds(2));
    for (int i = 0; i < ports.size(); i++) {
      builder.node("node-" + i, ports.get(i));
    }
    return builder;
  }

  private static LockService ready(Lab lab, LockServiceBuilder builder) throws Exception {
    var service = lab.opened(builder.build());
    service.ready(PATIENCE).get(1, TimeUnit.MINUTES);
    return service;
  }

  private static RedissonClient client(Lab lab, String address) {
    var config = new Config();
    config.useSingleServer().setAddress(address);
    var client = Redisson.create(config);
    lab.opened(client::shutdown);
    return client;
  }

  private static long scripts(Lab lab) {
    var counts = lab.server().commandCounts();
    return counts.getOrDefault("evalsha", 0L) + counts.getOrDefault("eval", 0L);
  }
}
