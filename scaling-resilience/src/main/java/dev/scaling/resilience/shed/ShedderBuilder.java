package dev.scaling.resilience.shed;

import dev.scaling.core.internal.Checks;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Sets up a {@link Shedder}. Not safe for use by many threads. */
public final class ShedderBuilder {

  static final int MOST = 1_000_000;

  final String name;
  int limit = 64;
  boolean isRetryLower;
  Duration retryAfter = Duration.ofSeconds(1);

  @Nullable
  OpenTelemetry openTelemetry;

  private final Map<Priority, Integer> shares = new EnumMap<>(Map.of(
      Priority.CRITICAL, 1_000, Priority.NORMAL, 900, Priority.DEGRADED, 700, Priority.BULK, 500));
  private int callerShare = 500;
  private int callersFrom = 800;

  ShedderBuilder(String name) {
    this.name = Checks.name("name", name);
  }

  /**
   * Sets how many requests may be under way at once.
   *
   * @param limit from 1 to 1,000,000; the default is 64
   */
  public ShedderBuilder limit(int limit) {
    this.limit = (int) Checks.range("limit", limit, 1, MOST);
    return this;
  }

  /**
   * Sets up to which part of the limit requests of a priority are admitted, all that are under way
   * counted; rounded down, but to no less than 1. What is above is kept for higher priorities.
   *
   * @param ratio from 0.001 to 1, exact to a thousandth; no greater than that of a higher priority.
   *     The defaults are 1 for critical, 0.9 for normal, 0.7 for degraded and 0.5 for bulk requests
   */
  public ShedderBuilder priorityRatio(Priority priority, double ratio) {
    shares.put(Checks.notNull(priority, "priority"), share("priorityRatio", ratio));
    return this;
  }

  /**
   * Sets how many requests one caller may have under way, of any priority, for one more to be
   * admitted when the server is busy: as part of what that one's priority may see of the limit;
   * rounded down, but to no less than 1.
   *
   * @param ratio from 0.001 to 1, exact to a thousandth; the default is 0.5
   */
  public ShedderBuilder callerRatio(double ratio) {
    callerShare = share("callerRatio", ratio);
    return this;
  }

  /**
   * Sets from when on the server is busy for a request, so that its caller is held to its share: if
   * that part of what the request's priority may see of the limit is used. Below it a caller may
   * have all that is there; what is above is what others find while one is greedy.
   *
   * @param ratio from 0 to 1, exact to a thousandth; the default is 0.8
   */
  public ShedderBuilder busyRatio(double ratio) {
    Checks.argument(ratio >= 0 && ratio <= 1, "busyRatio must be in [0, 1]: %s", ratio);
    callersFrom = thousandths(ratio);
    return this;
  }

  /**
   * Sets whether retries are admitted as requests of the next lower priority: of those who come
   * again, some have been served in vain already.
   *
   * @param isRetryLower the default is {@code false}
   */
  public ShedderBuilder retriesLower(boolean isRetryLower) {
    this.isRetryLower = isRetryLower;
    return this;
  }

  /**
   * Sets when refused callers are told to come back.
   *
   * @param retryAfter from zero, which says nothing, to 1 hour; the default is 1 second
   */
  public ShedderBuilder retryAfter(Duration retryAfter) {
    this.retryAfter = Checks.duration("retryAfter", retryAfter, Duration.ZERO, Duration.ofHours(1));
    return this;
  }

  /** Sets where meters go; the default is the global instance, if there is one. */
  public ShedderBuilder openTelemetry(OpenTelemetry openTelemetry) {
    this.openTelemetry = Checks.notNull(openTelemetry, "openTelemetry");
    return this;
  }

  /**
   * Returns the shedder.
   *
   * @throws IllegalStateException if a priority has more of the limit than a higher one
   */
  public Shedder build() {
    return new Shedder(this);
  }

  ShedRule rule() {
    for (var priority : Priority.values()) {
      Checks.agreement(
          of(priority.lower()) <= of(priority),
          "priorityRatio must not be greater for a lower priority: "
              + priority.lower()
              + " has more than "
              + priority);
    }
    return new ShedRule(
        Collections.unmodifiableMap(new EnumMap<>(shares)), callerShare, callersFrom);
  }

  private int of(Priority priority) {
    return Objects.requireNonNull(shares.get(priority));
  }

  private static int share(String what, double ratio) {
    Checks.argument(ratio >= 0.001 && ratio <= 1, what + " must be in [0.001, 1]: %s", ratio);
    return thousandths(ratio);
  }

  private static int thousandths(double ratio) {
    return (int) Math.round(ratio * ShedRule.WHOLE);
  }
}
