package dev.scaling.resilience.context;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a callee says about retries when it fails: that it wants none, how long to wait for one, or
 * nothing. Immutable.
 *
 * <p>Whatever stands in a header, reading does not fail.
 */
public sealed interface RetryHint {

  /*
   * How far a hint is followed is as in the AWS SDKs: between the caller's own backoff and five seconds
   * more. So a callee cannot make its callers faster than they would be, nor hold them up for long.
   */

  /** The longest wait that is understood: 1 day. A longer one is taken as that. */
  Duration MOST = Duration.ofDays(1);

  /** How much longer than its own backoff a caller waits at most because of a hint: 5 seconds. */
  Duration MOST_BEYOND_OWN = Duration.ofSeconds(5);

  /** Returns the wait that a callee asks for, if it asks for one. */
  default Optional<Duration> after() {
    return Optional.empty();
  }

  /**
   * Returns how long to wait before a retry: {@code own} without a hint, and else what the hint
   * says but at least {@code own} and at most 5 seconds more. Empty if there must be no retry.
   *
   * @param own the caller's own backoff, from zero to 1 day
   */
  default Optional<Duration> backoff(Duration own) {
    Checks.duration("own", own, Duration.ZERO, MOST);
    var most = own.plus(MOST_BEYOND_OWN);
    return Optional.of(after()
        .map(asked -> asked.compareTo(own) < 0 ? own : asked.compareTo(most) > 0 ? most : asked)
        .orElse(own));
  }

  /** Returns that the callee has said nothing. */
  static RetryHint unknown() {
    return new Unknown();
  }

  /** Returns that the callee wants no retry. */
  static RetryHint never() {
    return new Never();
  }

  /**
   * Returns that the callee wants no retry sooner than after a wait.
   *
   * @param atLeast from zero to 1 day
   */
  static RetryHint after(Duration atLeast) {
    return new After(atLeast);
  }

  /**
   * Reads the field {@code Retry-After} of HTTP (RFC 9110, section 10.2.3): seconds, or a date in
   * any of its three forms, which is compared with the wall clock. A date that is past is a wait of
   * zero; what cannot be read is {@link #unknown}.
   *
   * @param field the field's value, or {@code null} if it is missing
   */
  static RetryHint ofRetryAfter(@Nullable String field, Time time) {
    var seconds = HeaderText.number(field);
    if (seconds != null) {
      return seconds < 0 ? unknown() : after(limited(seconds, MOST.toSeconds(), 1_000));
    }
    long now = time.currentTimeMillis();
    var date = HttpDate.millis(field, now);
    return date == null
        ? unknown()
        : after(limited(Math.max(0, date - now), MOST.toMillis(), /* millis= */ 1));
  }

  /**
   * Reads the metadata {@code grpc-retry-pushback-ms} (gRPC proposal A6): milliseconds. A negative
   * number, and what cannot be read or is no 32-bit integer, is {@link #never}.
   *
   * @param millis the value, or {@code null} if it is missing, which is {@link #unknown}
   */
  static RetryHint ofPushBack(@Nullable String millis) {
    if (millis == null) {
      return unknown();
    }
    var number = HeaderText.number(millis);
    return number == null || number < 0 || number > Integer.MAX_VALUE
        ? never()
        : after(limited(number, MOST.toMillis(), /* millis= */ 1));
  }

  private static Duration limited(long wait, long most, int millis) {
    return Duration.ofMillis(Math.min(wait, most) * millis);
  }

  /** The callee wants no retry sooner than after a wait, from zero to 1 day. */
  record After(Duration atLeast) implements RetryHint {

    /** Checks the range. */
    public After {
      Checks.duration("atLeast", atLeast, Duration.ZERO, MOST);
    }

    @Override
    public Optional<Duration> after() {
      return Optional.of(atLeast);
    }
  }

  /** The callee wants no retry. */
  record Never() implements RetryHint {

    @Override
    public Optional<Duration> backoff(Duration own) {
      return Optional.empty();
    }
  }

  /** The callee has said nothing. */
  record Unknown() implements RetryHint {}
}
