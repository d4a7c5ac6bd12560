package dev.scaling.core.redis;

import dev.scaling.core.Time;
import dev.scaling.core.redis.Redis.Health;
import dev.scaling.core.redis.RedisCallException.Failure;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** Counts how the calls of one port ended, and keeps whether Redis answers. */
final class Outcomes {

  final LongAdder batches = new LongAdder();
  final LongAdder calls = new LongAdder();
  private final Map<Failure, LongAdder> failures = new EnumMap<>(Failure.class);
  private final Time time;
  private volatile Health.State state = Health.State.UNKNOWN;
  private volatile long sinceNanos;

  Outcomes(Time time) {
    this.time = time;
    sinceNanos = time.nanoTime();
    for (Failure failure : Failure.values()) {
      failures.put(failure, new LongAdder());
    }
  }

  void batchSent(int size) {
    batches.increment();
    calls.add(size);
  }

  void answered() {
    turn(Health.State.UP);
  }

  void failed(Failure failure) {
    count(failure).increment();
    if (failure == Failure.REJECTED) {
      turn(Health.State.UP);
    } else if (failure != Failure.CLOSED) {
      turn(Health.State.DOWN);
    }
  }

  long failures(Failure failure) {
    return count(failure).sum();
  }

  private LongAdder count(Failure failure) {
    return Objects.requireNonNull(failures.get(failure));
  }

  Health health() {
    return new Health(state, Duration.ofNanos(time.nanoTime() - sinceNanos));
  }

  /** Two threads may turn at once; the one that is last wins, which is as true as the other. */
  private void turn(Health.State now) {
    if (state != now) {
      sinceNanos = time.nanoTime();
      state = now;
    }
  }
}
