package dev.scaling.jmh;

import dev.scaling.concurrency.limit.Allotment;
import dev.scaling.concurrency.limit.RateLimit;
import dev.scaling.concurrency.limit.RateLimiter;
import dev.scaling.jmh.Line.Goal;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.distributed.proxy.optimization.Optimization;
import io.github.bucket4j.distributed.proxy.optimization.Optimizations;
import io.github.bucket4j.distributed.serialization.Mapper;
import io.github.bucket4j.redis.redisson.Bucket4jRedisson;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.redisson.Redisson;
import org.redisson.api.RRateLimiter;
import org.redisson.api.RateType;

/** Limits of rate, beside Redisson's, Bucket4j's, and a semaphore of the JDK. */
final class RateLimits {

  private static final int CALLERS = 32;
  private static final long PLENTY = 1_000_000;
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private RateLimits() {}

  /** One hot key that is never exhausted, and as many callers as a busy instance has. */
  static List<Line> central(Lab lab, String id, Effort effort) throws Exception {
    var ours = limiter(lab, "hot", RateLimit.perSecond(PLENTY));
    var redisson = redisson(lab, "hot-redisson", PLENTY, Duration.ofSeconds(1));
    var bucket = bucket4j(lab);
    var besideRedisson = Duel.between(
        effort,
        Sides.callsPerSecond(CALLERS, call -> granted(ours.tryAcquire("hot").isPermitted())),
        Sides.callsPerSecond(CALLERS, call -> granted(redisson.tryAcquire())));
    var besideBucket4j = Duel.between(
        effort,
        Sides.callsPerSecond(CALLERS, call -> granted(ours.tryAcquire("hot").isPermitted())),
        Sides.callsPerSecond(CALLERS, call -> granted(bucket.tryConsume(1))));
    var wakeUps = lab.opened(new WakeUps());
    var besideNothing = Duel.between(
        effort,
        Sides.callsPerSecond(CALLERS, call -> granted(ours.tryAcquire("hot").isPermitted())),
        Sides.callsPerSecond(CALLERS, call -> wakeUps.call()));
    return List.of(
        rate(id, "permits / RRateLimiter", besideRedisson, Goal.ratioAtLeast(10)),
        rate(id, "permits / Bucket4j batching", besideBucket4j, Goal.ratioAtLeast(2)),
        rate(id, "permits / wake-ups alone", besideNothing, Goal.ratioAtLeast(0.5)));
  }

  /** A permit that this instance has in stock, beside one of a local semaphore. */
  static List<Line> allotment(Lab lab, String id, Effort effort) throws Exception {
    var limiter = lab.opened(RateLimiter.builder("stock", lab.port())
        .limit("api", RateLimit.perSecond(16_000_000))
        .allotment(Allotment.adaptive(Duration.ofMillis(100)))
        .redisTimeout(PATIENCE)
        .build());
    var semaphore = new Semaphore(1);
    Sides.Loop ours = calls -> {
      for (int i = 0; i < calls; i++) {
        limiter.tryAcquire("hot");
      }
    };
    Sides.Loop peer = calls -> {
      for (int i = 0; i < calls; i++) {
        semaphore.acquireUninterruptibly();
        semaphore.release();
      }
    };
    var time = Duel.between(effort, Sides.nanosPerCall(ours), Sides.nanosPerCall(peer));
    var bytes = Duel.between(effort, Sides.bytesPerCall(ours), Sides.bytesPerCall(peer));
    long before = limiter.snapshot().permitsGranted();
    long scripts = scripts(lab);
    long start = System.nanoTime();
    ours.run(10_000_000);
    double seconds = (System.nanoTime() - start) / 1e9;
    double permits = limiter.snapshot().permitsGranted() - before;
    return List.of(
        new Line(
            id, "permit / Semaphore pair", "ns", time.ours(), time.peer(), Goal.ratioAtMost(1.5)),
        new Line(
            id, "allocated / Semaphore pair", "B", bytes.ours(), bytes.peer(), Goal.roundsTo(0)),
        new Line(id, "permits of one thread", "/s", permits / seconds, null, Goal.atLeast(1e6)),
        new Line(
            id,
            "scripts a permit",
            "cmd",
            (scripts(lab) - scripts) / permits,
            null,
            Goal.atMost(0.005)));
  }

  /** What the server's processor pays for three limits in one key, beside three keys. */
  static List<Line> threeLimits(Lab lab, String id, Effort effort) throws Exception {
    var redis = lab.port();
    var three = lab.opened(RateLimiter.builder("three", redis)
        .limit("second", RateLimit.perSecond(PLENTY))
        .limit("minute", RateLimit.of(PLENTY, Duration.ofSeconds(10)))
        .limit("hour", RateLimit.of(PLENTY, Duration.ofSeconds(20)))
        .redisTimeout(PATIENCE)
        .build());
    var one = limiter(lab, "one", RateLimit.perSecond(PLENTY));
    var cost = Duel.between(
        effort,
        length ->
            microsOfServer(lab, length, () -> granted(three.tryAcquire("a").isPermitted())),
        length ->
            3 * microsOfServer(lab, length, () -> granted(one.tryAcquire("a").isPermitted())));
    return List.of(new Line(
        id, "server's time / 3 keys", "us", cost.ours(), cost.peer(), Goal.ratioAtMost(0.7)));
  }

  /** Ten instances are asked a thousand times a second for a key of one permit a second. */
  static List<Line> denied(Lab lab, String id, Effort effort) throws Exception {
    List<RateLimiter> instances = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      instances.add(limiter(lab, "slow", RateLimit.perSecond(1)));
    }
    offer(instances, 1); // past the first calls, and what an instance says when it starts
    int seconds = effort.rounds() > 1 ? 30 : 1; // two heartbeats of each instance
    long before = scripts(lab);
    long start = System.nanoTime();
    long granted = offer(instances, seconds);
    double passed = (System.nanoTime() - start) / 1e9;
    return List.of(
        new Line(id, "scripts", "/s", (scripts(lab) - before) / passed, null, Goal.atMost(12)),
        new Line(
            id,
            "granted of what there was",
            "",
            granted / (1 + Math.floor(passed)),
            null,
            Goal.atLeast(0.9)));
  }

  /** Makes 1,000 calls a second for one key, the instances in turns, and returns what they got. */
  private static long offer(List<RateLimiter> instances, int seconds) {
    long granted = 0;
    long start = System.nanoTime();
    for (int call = 0; call < 1_000 * seconds; call++) {
      granted += instances.get(call % 10).tryAcquire("hot").permits();
      long ahead = start + TimeUnit.MILLISECONDS.toNanos(call) - System.nanoTime();
      if (ahead > 0) {
        LockSupport.parkNanos(ahead);
      }
    }
    return granted;
  }

  /** Pauses of the server: what is debited twice is missing afterwards. */
  static List<Line> pauses(Lab lab, String id, Effort effort) throws Exception {
    var limit = RateLimit.of(100, Duration.ofHours(1));
    var ours = limiter(lab, "paused", limit);
    var redisson = redisson(lab, "paused-redisson", 100, Duration.ofHours(1));
    int pauses = effort.rounds() > 1 ? 20 : 1;
    int mine = 0;
    int theirs = 0;
    var threads = Executors.newCachedThreadPool();
    for (int i = 0; i < pauses; i++) {
      lab.server().pause();
      var one = threads.submit(() -> ours.tryAcquire("a").source());
      var other = threads.submit(() -> redisson.tryAcquire());
      Thread.sleep(900);
      lab.server().resume();
      one.get();
      theirs += other.get() ? 1 : 0;
      mine++;
      Thread.sleep(200);
    }
    threads.shutdown();
    double left = ours.tryAcquireUpTo("a", 1_000).permits();
    double leftThere = redisson.availablePermits();
    return List.of(new Line(
        id,
        "left of what was not asked for",
        "%",
        left / (100 - mine) * 100,
        leftThere / (100 - theirs) * 100,
        Goal.atLeast(100)));
  }

  private static RateLimiter limiter(Lab lab, String name, RateLimit limit) {
    return lab.opened(RateLimiter.builder(name, lab.port())
        .limit("api", limit)
        .redisTimeout(PATIENCE)
        .build());
  }

  private static RRateLimiter redisson(Lab lab, String name, long permits, Duration period) {
    var limiter = lab.client().getRateLimiter(name);
    limiter.trySetRate(RateType.OVERALL, permits, period);
    return limiter;
  }

  private static Bucket bucket4j(Lab lab) {
    var client = (Redisson) lab.client();
    var buckets = Bucket4jRedisson.casBasedBuilder(client.getCommandExecutor())
        .keyMapper(Mapper.STRING)
        .build();
    var limit = BucketConfiguration.builder()
        .addLimit(it -> it.capacity(PLENTY).refillGreedy(PLENTY, Duration.ofSeconds(1)))
        .build();
    Optimization batching = Optimizations.batching();
    return buckets.builder().withOptimization(batching).build("hot-bucket4j", () -> limit);
  }

  /** Returns the microseconds that the server spends on a script, while something runs it. */
  private static double microsOfServer(Lab lab, long lengthNanos, Runnable call) {
    lab.server().command("CONFIG", "RESETSTAT");
    long start = System.nanoTime();
    while (System.nanoTime() - start < lengthNanos) {
      call.run();
    }
    return stat(lab, "usec_per_call=");
  }

  private static long scripts(Lab lab) {
    return lab.server().commandCounts().getOrDefault("evalsha", 0L);
  }

  private static double stat(Lab lab, String field) {
    String line = String.valueOf(lab.server().command("INFO", "commandstats"))
        .lines()
        .filter(each -> each.startsWith("cmdstat_evalsha:"))
        .findFirst()
        .orElseThrow();
    int at = line.indexOf(field) + field.length();
    int end = line.indexOf(',', at);
    return Double.parseDouble(line.substring(at, end < 0 ? line.length() : end));
  }

  private static Line rate(String id, String measure, Duel duel, Goal goal) {
    return new Line(id, measure, "/s", duel.ours(), duel.peer(), goal);
  }

  private static void granted(boolean granted) {
    if (!granted) {
      throw new IllegalStateException("a permit was expected");
    }
  }
}
