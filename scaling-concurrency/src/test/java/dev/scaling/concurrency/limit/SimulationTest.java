package dev.scaling.concurrency.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.concurrency.limit.Decision.Source;
import dev.scaling.concurrency.limit.RateLimiterBuilder.WhenRedisFails;
import dev.scaling.core.Time;
import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * Random histories of several instances in virtual time, over a network that loses and delays and a
 * server that pauses, judged by an oracle of envelopes. What the store grants counts when it
 * granted it, and what comes from an allotment when it is used.
 */
@Timeout(900)
final class SimulationTest {

  private static final int HISTORIES = Integer.getInteger("scaling.limiter.histories", 100_000);
  private static final Duration LENGTH = Duration.ofMillis(600);

  private final long seed = Long.getLong("scaling.limiter.seed", new Random().nextLong());

  /** What a history is told to get wrong, so that the oracle can be seen to notice. */
  private enum Broken {
    NOTHING,
    /** The server forgets all, as after a failover to a replica that knew nothing. */
    FORGETFUL_SERVER,
    /** What is taken in advance is judged as if nothing were. */
    EXCESS_NOT_ALLOWED_FOR
  }

  @Test
  void limits_areNeverExceeded_beyondTheirBound() {
    for (int i = 0; i < HISTORIES; i++) {
      var history = new History(new Random(seed + i), Broken.NOTHING);
      history.run();
      assertThat(history.violation()).as("seed %d", seed + i).isNull();
    }
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NOTHING")
  void oracle_noticesWhatIsBroken(Broken broken) {
    boolean noticed = false;
    for (int i = 0; i < 20_000 && !noticed; i++) {
      var history = new History(new Random(seed + i), broken);
      history.run();
      noticed = history.violation() != null;
    }
    assertThat(noticed).as("seed %d", seed).isTrue();
  }

  /** One run of some instances, with random settings. */
  static final class History {

    private final Random random;
    private final Broken broken;
    private final VirtualTime time = new VirtualTime();
    private final List<RateLimit> limits = new ArrayList<>();
    private final @Nullable Allotment allotment;
    private final SimulatedRedis redis;
    private final List<RateLimiter> limiters = new ArrayList<>();
    private final Envelope used = new Envelope();

    History(Random random, Broken broken) {
      this.random = random;
      this.broken = broken;
      limits.add(limit());
      List<String> names = new ArrayList<>(List.of("first"));
      if (random.nextInt(3) == 0) {
        limits.add(limit());
        names.add("second");
      }
      allotment = allotment();
      int instances = 1 + random.nextInt(4);
      redis = new SimulatedRedis(time, random, 1e6, instances);
      var port = redis.port();
      redis.gcra = new Gcra(names, builder(names, port).kept());
      redis.lossRatio = random.nextInt(3) == 0 ? random.nextDouble() / 4 : 0;
      redis.mostDelayMicros = 1 + random.nextInt(30_000);
      for (int i = 0; i < instances; i++) {
        limiters.add(builder(names, port).build());
      }
    }

    void run() {
      int calls = 20 + random.nextInt(broken == Broken.NOTHING ? 60 : 200);
      for (int i = 0; i < calls; i++) {
        time.schedule(this::call, someTime());
      }
      if (random.nextInt(4) == 0) {
        time.schedule(() -> redis.isPaused = true, someTime());
        time.schedule(redis::resume, LENGTH);
      }
      if (broken == Broken.FORGETFUL_SERVER) {
        time.schedule(redis::forget, someTime());
      }
      time.advance(LENGTH.multipliedBy(2));
      limiters.forEach(RateLimiter::close);
    }

    /** Returns what is wrong, or {@code null}. */
    @Nullable
    String violation() {
      for (RateLimit limit : limits) {
        boolean exact =
            broken == Broken.EXCESS_NOT_ALLOWED_FOR || allotment == null || allotment.isStrict();
        double bound = exact
            ? 0
            : allotment.life().toNanos()
                * (double) limit.permits()
                / limit.period().toNanos();
        double excess = used.excess(limit);
        double grain = limit.permits() * 1e3 / limit.period().toNanos(); // a microsecond's worth
        if (excess > bound + grain) {
          return excess + " above " + limit + ", bound " + bound + ", " + allotment;
        }
      }
      return null;
    }

    private void call() {
      var limiter = limiters.get(random.nextInt(limiters.size()));
      int burst = 1 + random.nextInt(6);
      for (int i = 0; i < burst; i++) {
        limiter.tryAcquireAsync("key", 1).thenAccept(decision -> {
          if (decision.isPermitted()) {
            boolean fromStore = decision.source() == Source.STORE;
            long nanos = fromStore ? redis.deliveredRanNanos : time.nanoTime();
            used.add(nanos / 1_000, decision.permits());
          }
        });
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
        double excess =
            2.0 * horizon.toNanos() * limit.permits() / limit.period().toNanos();
        if (Math.ceil(excess) >= limit.burst()) {
          return Allotment.adaptive(horizon);
        }
      }
      return random.nextBoolean() ? Allotment.strict(horizon) : Allotment.adaptive(horizon);
    }

    private RateLimiterBuilder builder(List<String> names, Redis port) {
      var builder = RateLimiter.builder("simulated", port)
          .longestWait(Duration.ofSeconds(1))
          .whenRedisFails(WhenRedisFails.FAIL_CLOSED)
          .random(random)
          .time(drifting())
          .executor(Runnable::run);
      for (int i = 0; i < names.size(); i++) {
        builder.limit(names.get(i), limits.get(i));
      }
      return allotment == null ? builder : builder.allotment(allotment);
    }

    /** A clock that runs a little faster or slower than the server's. */
    private Time drifting() {
      double rate = 1 + (random.nextDouble() - 0.5) / 1_000;
      return new Time() {
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
          return time.schedule(task, Duration.ofNanos((long) (delay.toNanos() / rate)));
        }
      };
    }
  }
}
