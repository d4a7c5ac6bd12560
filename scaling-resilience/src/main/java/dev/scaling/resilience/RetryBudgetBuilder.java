package dev.scaling.resilience;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import dev.scaling.core.redis.Redis;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Sets up a {@link RetryBudget}. Not safe for use by many threads. */
public final class RetryBudgetBuilder {

  private static final double BURST = 10;
  private static final double BURST_OF_AN_INSTANCE = 5; // of those that share a budget
  private static final double LEAST_BURST_OF_AN_INSTANCE = 3;
  private static final double LEAST_SHARE = 2; // so that a retry and one after a timeout overlap

  final String name;
  double ratio = 0.1;
  double burst; // 0 if it was not set
  double minimumPerSecond;
  double inFlightRatio = 0.2;
  int inFlightMinimum = 3;
  Duration redisTimeout = Duration.ofMillis(250);
  String prefix = "scaling";
  Duration lag = Duration.ofSeconds(1); // for how long a success may wait to be put into the pool
  Time time = Time.system();
  private int instances = 10;
  private boolean isOfSharedAlone;

  @Nullable
  Redis redis;

  @Nullable
  OpenTelemetry openTelemetry;

  RetryBudgetBuilder(String name) {
    this.name = Checks.name("name", name);
  }

  /**
   * Sets how many tokens a call puts in whose first attempt succeeds: the share of calls whose
   * retries may fail.
   *
   * @param ratio from 0 to 1; the default is 0.1
   */
  public RetryBudgetBuilder ratio(double ratio) {
    Checks.argument(ratio >= 0 && ratio <= 1, "ratio must be in [0, 1]: %s", ratio);
    this.ratio = ratio;
    return this;
  }

  /**
   * Sets how many tokens there are at most, and at the start: so many retries may fail at once when
   * an outage begins. Each instance of a service has as many, unless they share the budget.
   *
   * @param burst from 1 to 10,000; the default is 10, and 5 for each of the {@link #instances} if
   *     they share it
   */
  public RetryBudgetBuilder burst(double burst) {
    Checks.argument(burst >= 1 && burst <= 10_000, "burst must be in [1, 10000]: %s", burst);
    this.burst = burst;
    return this;
  }

  /**
   * Sets how many tokens come in each second whatever happens, for callers so rare that successes
   * alone would pay for nothing. In an outage that is load that no success has paid for. If the
   * budget is shared, so many come in for all instances together, by the clock of Redis.
   *
   * @param minimumPerSecond from 0 to 1,000; the default is 0
   */
  public RetryBudgetBuilder minimumPerSecond(double minimumPerSecond) {
    Checks.argument(
        minimumPerSecond >= 0 && minimumPerSecond <= 1_000,
        "minimumPerSecond must be in [0, 1000]: %s",
        minimumPerSecond);
    this.minimumPerSecond = minimumPerSecond;
    return this;
  }

  /**
   * Sets which share of the calls under way may be at a later attempt than the first.
   *
   * @param inFlightRatio from 0 to 1; the default is 0.2
   */
  public RetryBudgetBuilder inFlightRatio(double inFlightRatio) {
    Checks.argument(
        inFlightRatio >= 0 && inFlightRatio <= 1,
        "inFlightRatio must be in [0, 1]: %s",
        inFlightRatio);
    this.inFlightRatio = inFlightRatio;
    return this;
  }

  /**
   * Sets how many calls more than that share may be at a later attempt, so that few calls can be
   * retried too.
   *
   * @param inFlightMinimum from 0 to 1,000; the default is 3
   */
  public RetryBudgetBuilder inFlightMinimum(int inFlightMinimum) {
    this.inFlightMinimum = (int) Checks.range("inFlightMinimum", inFlightMinimum, 0, 1_000);
    return this;
  }

  /**
   * Lets all instances of a service share the budget: those that give it the same name, and the
   * same {@link #prefix}, on the same Redis. The bound then is that of all of them together.
   *
   * <p>Each instance holds a share of the burst, a half of it split among the {@link #instances},
   * and at least 2 tokens. The rest is in a pool in Redis, from which an instance draws when its
   * share is half used up, and into which it puts what its successes bring beyond that. That is
   * done by those who ask for a retry, at most once for 25 of them, or once in 10 seconds if that
   * is more; nobody waits for it. While Redis is away each instance goes on with its share. All
   * begins empty: a restart, of an instance or of Redis, brings no tokens.
   *
   * <p>What holds exactly: since the beginning, failed retries have cost at most {@code ratio · s +
   * minimumPerSecond · t}, without a burst. Over any other period the burst is added, and what came
   * in up to a second before; a failover of Redis to a replica that lags may add what the pool
   * holds at most, once. The seconds are those of Redis.
   *
   * @param redis stays open when the budget is closed
   */
  public RetryBudgetBuilder shared(Redis redis) {
    this.redis = Checks.notNull(redis, "redis");
    return this;
  }

  /**
   * Sets how many instances share the budget. If there are more, each of them has a share beside
   * the burst. Give all the same number.
   *
   * @param instances from 1 to 2,000; the default is 10
   */
  public RetryBudgetBuilder instances(int instances) {
    this.instances = (int) Checks.range("instances", instances, 1, 2_000);
    isOfSharedAlone = true;
    return this;
  }

  /**
   * Sets after which time a call to Redis counts as failed; its tokens are lost then. Nobody waits
   * for it.
   *
   * @param redisTimeout from 1 millisecond to 1 second; the default is 250 milliseconds
   */
  public RetryBudgetBuilder redisTimeout(Duration redisTimeout) {
    this.redisTimeout =
        Checks.duration("redisTimeout", redisTimeout, Duration.ofMillis(1), Duration.ofSeconds(1));
    isOfSharedAlone = true;
    return this;
  }

  /**
   * Sets what the name of the key in Redis begins with. The default is {@code scaling}.
   *
   * @param prefix 1 to 64 letters, digits, dots, dashes and underscores
   */
  public RetryBudgetBuilder prefix(String prefix) {
    this.prefix = Checks.name("prefix", prefix);
    isOfSharedAlone = true;
    return this;
  }

  /** Sets the source of time; the default is {@link Time#system()}. */
  public RetryBudgetBuilder time(Time time) {
    this.time = Checks.notNull(time, "time");
    return this;
  }

  /** Sets where meters go; the default is the global instance, if there is one. */
  public RetryBudgetBuilder openTelemetry(OpenTelemetry openTelemetry) {
    this.openTelemetry = Checks.notNull(openTelemetry, "openTelemetry");
    return this;
  }

  /**
   * Returns the budget: full, or empty if it is shared. Does not wait for Redis.
   *
   * @throws IllegalStateException if no retry could ever be under way; if a shared budget has a
   *     burst of less than 3 for each instance, or nothing could come in; if {@code instances},
   *     {@code redisTimeout} or {@code prefix} was set without {@code shared}
   */
  public RetryBudget build() {
    Checks.agreement(
        inFlightMinimum > 0 || inFlightRatio > 0,
        "inFlightMinimum and inFlightRatio must not both be 0: no retry could begin");
    Checks.agreement(
        redis != null || !isOfSharedAlone,
        "instances, redisTimeout and prefix are those of a budget that is shared");
    if (redis != null) {
      Checks.agreement(
          burst() >= LEAST_BURST_OF_AN_INSTANCE * instances,
          "burst must be at least 3 for each of the instances: " + burst() + " for " + instances);
      Checks.agreement(
          ratio > 0 || minimumPerSecond > 0,
          "ratio and minimumPerSecond must not both be 0 if shared: nothing would come in");
    }
    return new RetryBudget(this);
  }

  /** Returns the tokens of this process. */
  Tokens tokens() {
    long perSuccess = Math.round(ratio * RetryBudget.MICRO);
    if (redis != null) {
      var income = new Income(shareMicros(), perSuccess, 0, lag.toNanos());
      return new Tokens(income, /* firstMicros= */ 0, time);
    }
    long most = Math.round(burst() * RetryBudget.MICRO);
    double perNano = minimumPerSecond * RetryBudget.MICRO / 1e9;
    return new Tokens(new Income(most, perSuccess, perNano, /* lagNanos= */ 0), most, time);
  }

  /** Returns what draws more tokens from the pool, or {@code null} if there is none. */
  @Nullable
  Draws draws(Tokens tokens) {
    return redis == null ? null : new Draws(tokens, new Pool(redis, this), name, time);
  }

  /** Returns what the pool holds at most: the burst without the shares. */
  long poolMicros() {
    return Math.round(burst() * RetryBudget.MICRO) - instances * shareMicros();
  }

  private long shareMicros() {
    double share = Math.max(LEAST_SHARE, burst() / (2 * instances));
    return (long) (share * RetryBudget.MICRO);
  }

  private double burst() {
    return burst > 0 ? burst : redis == null ? BURST : BURST_OF_AN_INSTANCE * instances;
  }
}
