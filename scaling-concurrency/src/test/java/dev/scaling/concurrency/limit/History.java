package dev.scaling.concurrency.limit;

import dev.scaling.concurrency.limit.Decision.Source;
import dev.scaling.concurrency.limit.RateLimiterBuilder.WhenRedisFails;
import dev.scaling.concurrency.limit.SimulationTest.Broken;
import dev.scaling.concurrency.limit.SimulationTest.Scenario;
import dev.scaling.core.Time;
import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * One run of some instances, with random settings. What the store grants counts when it granted it,
 * and what comes from an allotment or without Redis when it is used, by a clock that never steps.
 * At its end nothing may be lost: all of a burst is there again.
 */
final class History {

  private static final Duration LENGTH = Duration.ofMillis(600);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(1);
  private static final double DRIFT = 1e-3;

  private final Random random;
  private final Scenario scenario;
  private final Broken broken;
  private final VirtualTime time = new VirtualTime();
  private final List<RateLimit> limits = new ArrayList<>();
  private final @Nullable Allotment allotment;
  private final SimulatedRedis redis;
  private final List<RateLimiter> limiters = new ArrayList<>();
  private final Envelope used = new Envelope();
  private final Envelope withoutRedis = new Envelope();
  private int refusedFalsely;

  History(long seed, Scenario scenario, Broken broken) {
    random = new Random(seed);
    this.scenario = scenario;
    this.broken = broken;
    limits.add(limit());
    List<String> names = new ArrayList<>(List.of("first"));
    if (random.nextInt(3) == 0) {
      limits.add(limit());
      names.add("second");
    }
    allotment = allotment();
    boolean isAlone = broken == Broken.DEBTS_ARE_FORGOTTEN;
    int instances = scenario == Scenario.HOARDING ? 8 : isAlone ? 1 : 1 + random.nextInt(4);
    boolean isOutage = scenario == Scenario.OUTAGE;
    boolean isShared = isOutage
        ? broken != Broken.SHARE_OF_ONE
        : scenario != Scenario.HOARDING && random.nextBoolean();
    int known = isShared ? instances : 1;
    double horizon = broken == Broken.CLOCK_IS_NOT_HEALED ? 1e13 : LONGEST_WAIT.toNanos() / 1e3;
    redis = new SimulatedRedis(time, random, horizon, known);
    var port = redis.port();
    redis.gcra = new Gcra(names, builder(names, port).kept());
    redis.lossRatio = !isOutage && random.nextInt(3) == 0 ? random.nextDouble() / 4 : 0;
    redis.mostDelayMicros = 1 + random.nextInt(30_000);
    for (int i = 0; i < instances; i++) {
      limiters.add(builder(names, port).build());
    }
  }

  /** Returns what is wrong, or {@code null}. */
  @Nullable
  String run() {
    scheduleCalls();
    befall();
    time.advance(LENGTH.multipliedBy(2));
    var wrong = violation();
    if (wrong == null && !isWholeAgain()) {
      wrong = "a burst of " + limits + " is not there again, " + allotment;
    }
    limiters.forEach(RateLimiter::close);
    return wrong;
  }

  private void scheduleCalls() {
    int calls = 20 + random.nextInt(broken == Broken.NOTHING ? 60 : 200);
    if (scenario != Scenario.HOARDING) {
      for (int i = 0; i < calls; i++) {
        boolean isAfterwards = scenario == Scenario.OUTAGE && i % 3 == 0;
        var when = isAfterwards ? LENGTH.plus(someTime().dividedBy(2)) : someTime();
        time.schedule(() -> call(random.nextInt(limiters.size())), when);
      }
      return;
    }
    for (int i = 0; i < calls / 2; i++) {
      int at = i % 8;
      time.schedule(() -> call(at), someTime().plus(LENGTH.multipliedBy(at)).dividedBy(8));
      time.schedule(() -> call(at), LENGTH.multipliedBy(2).minusMillis(1 + random.nextInt(40)));
    }
  }

  private void befall() {
    switch (scenario) {
      case NOTHING, HOARDING -> {}
      case PAUSE -> pause(someTime());
      case STEP_BACK ->
        time.schedule(() -> redis.clockStepMicros -= step(3_600_000_000L), someTime());
      case STEP_FORWARD ->
        time.schedule(() -> redis.clockStepMicros += step(30_000_000), someTime());
      case LOSS -> time.schedule(redis::forget, someTime());
      case FAILOVER ->
        time.schedule(
            () -> redis.failOver(
                Duration.ofMillis(random.nextInt(200)), step(10_000_000) - 5_000_000),
            someTime());
      case OUTAGE -> {
        redis.isCutOff = broken == Broken.DEBTS_ARE_FORGOTTEN || random.nextBoolean();
        pause(Duration.ofMillis(100L + random.nextInt(200))); // all know of all
      }
    }
  }

  private void pause(Duration from) {
    time.schedule(() -> redis.isPaused = true, from);
    time.schedule(redis::resume, LENGTH);
  }

  private long step(long mostMicros) {
    return 1 + (long) (random.nextDouble() * mostMicros);
  }

  private @Nullable String violation() {
    if (refusedFalsely > 0) {
      return refusedFalsely + " refused falsely, " + limits + ", " + allotment;
    }
    int instances = limiters.size();
    for (RateLimit limit : limits) {
      double bound = allowed(limit);
      double excess = used.excess(limit);
      // After an outage one instance may take what another has not said yet that it owes.
      boolean isBound = scenario != Scenario.OUTAGE || instances == 1;
      if (isBound && excess > bound) {
        return excess + " above " + limit + ", bound " + bound + ", " + allotment;
      }
      long shares = instances * Math.max(1, limit.burst() / instances);
      double beyond = withoutRedis.excess(limit.withBurst(shares));
      double drift = perMicro(limit) * LENGTH.toNanos() / 1e3 * DRIFT;
      if (beyond > drift + instances * perMicro(limit)) {
        return beyond + " above the shares of " + limit + " without Redis";
      }
    }
    return null;
  }

  /** Returns by how much a limit may be exceeded. */
  private double allowed(RateLimit limit) {
    double rate = perMicro(limit) * 1e6;
    double life = allotment == null ? 0 : allotment.life().toNanos() / 1e9;
    boolean isAllowed = broken != Broken.EXCESS_NOT_ALLOWED_FOR;
    boolean isExact = allotment == null || allotment.isStrict() || !isAllowed;
    double bound = (isExact ? 0 : rate * life) + rate * life * DRIFT + perMicro(limit);
    return switch (scenario) {
      case STEP_FORWARD, LOSS, FAILOVER ->
        // The burst once more; what was taken ahead of its time comes besides.
        broken == Broken.NOTHING ? bound + limit.burst() + rate * life / 2 : bound;
      case OUTAGE ->
        // The share's burst; what comes in a round trip at its end, or a part of one, finds no
        // room.
        bound + limit.burst() + 1 + rate * (2 * redis.mostDelayMicros / 1e6 + DRIFT);
      default -> bound;
    };
  }

  /** Returns the permits of a microsecond. */
  private static double perMicro(RateLimit limit) {
    return limit.permits() * 1e3 / limit.period().toNanos();
  }

  /** Lets pass what refills a burst, and the longest wait; then takes all of it. */
  private boolean isWholeAgain() {
    redis.lossRatio = 0;
    limiters.forEach(each -> each.tryAcquireAsync("key", 1)); // takes what was granted meanwhile
    double longest = 0;
    for (int i = 0; i < redis.gcra.limits(); i++) {
      longest = Math.max(longest, redis.gcra.reach(i));
    }
    time.advance(LONGEST_WAIT.multipliedBy(2).plusNanos((long) (longest * 1_010)));
    var limiter = limiters.get(0);
    long burst = limits.stream().mapToLong(RateLimit::burst).min().orElseThrow();
    if (allotment != null && allotment.isStrict()) {
      burst = redis.gcra.remaining(new double[redis.gcra.limits()], 0);
    }
    var whole = limiter.tryAcquireAsync("key", burst);
    time.advance(Duration.ofMillis(200));
    return whole.join().isPermitted();
  }

  private void call(int at) {
    var limiter = limiters.get(at);
    int burst = 1 + random.nextInt(6);
    for (int i = 0; i < burst; i++) {
      limiter.tryAcquireAsync("key", 1).thenAccept(this::count);
    }
  }

  /** Returns whether a call that asks now would be granted, though this instance refused it. */
  private boolean isFalse(Decision decision) {
    return switch (scenario) {
      case STEP_FORWARD, LOSS, FAILOVER -> false; // what was seen is no lower bound then
      default -> decision.source() == Source.REMEMBERED_REFUSAL && redis.hasOneLeft();
    };
  }

  private void count(Decision decision) {
    if (isFalse(decision)) {
      refusedFalsely++;
    }
    if (broken == Broken.DEBTS_ARE_FORGOTTEN) {
      limiters.forEach(each -> each.engine.cells.all().forEach(cell -> cell.debt.set(0)));
    }
    if (decision.isPermitted()) {
      boolean fromStore = decision.source() == Source.STORE;
      long nanos = fromStore ? redis.deliveredRanNanos : time.nanoTime();
      used.add(nanos / 1_000, decision.permits());
      if (decision.source() == Source.FALLBACK) {
        withoutRedis.add(nanos / 1_000, decision.permits());
      }
    }
  }

  private Duration someTime() {
    return Duration.ofNanos(random.nextInt((int) LENGTH.toNanos()));
  }

  private RateLimit limit() {
    return RateLimit.perSecond(10 + random.nextInt(2_000)).withBurst(1 + random.nextInt(100));
  }

  private @Nullable Allotment allotment() {
    var horizon = Duration.ofMillis(5 + random.nextInt(100));
    if (random.nextBoolean()) {
      return null;
    }
    for (RateLimit limit : limits) {
      double excess = 2.0 * horizon.toNanos() * limit.permits() / limit.period().toNanos();
      if (Math.ceil(excess) >= limit.burst()) {
        return Allotment.adaptive(horizon);
      }
    }
    return random.nextBoolean() ? Allotment.strict(horizon) : Allotment.adaptive(horizon);
  }

  private RateLimiterBuilder builder(List<String> names, Redis port) {
    var builder = RateLimiter.builder("simulated", port)
        .longestWait(LONGEST_WAIT)
        .whenRedisFails(
            scenario == Scenario.OUTAGE ? WhenRedisFails.LOCAL_SHARE : WhenRedisFails.FAIL_CLOSED)
        .random(random)
        .time(new Drifting(1 / (1 + (random.nextDouble() * 2 - 1) * DRIFT)))
        .executor(Runnable::run);
    for (int i = 0; i < names.size(); i++) {
      builder.limit(names.get(i), limits.get(i));
    }
    return allotment == null ? builder : builder.allotment(allotment);
  }

  /** A clock that runs a little faster or slower than the server's. */
  private final class Drifting implements Time {

    private final double rate;

    Drifting(double rate) {
      this.rate = broken == Broken.CLOCK_IS_SLOW ? 0.8 : rate;
    }

    @Override
    public long nanoTime() {
      return (long) (time.nanoTime() * rate);
    }

    @Override
    public long currentTimeMillis() {
      return time.currentTimeMillis();
    }

    @Override
    public Cancellable schedule(Runnable task, Duration delay) {
      if (broken == Broken.ALLOTMENTS_NEVER_END && isEnd(delay)) {
        return () -> {};
      }
      return time.schedule(task, Duration.ofNanos((long) (delay.toNanos() / rate)));
    }

    /** Returns whether an allotment ends then: other timers of a limiter are shorter or longer. */
    private boolean isEnd(Duration delay) {
      return allotment != null
          && delay.compareTo(allotment.horizon().dividedBy(2)) > 0
          && delay.compareTo(allotment.life()) <= 0;
    }
  }
}
