package dev.scaling.resilience;

import dev.scaling.core.RejectedException;
import dev.scaling.core.internal.Checks;
import dev.scaling.core.telemetry.Telemetry;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What retries are paid from, so that they cannot make an outage worse: successes put tokens in, a
 * retry takes some out, and brings them back if it succeeds. When everything fails nothing comes
 * in, and retries end, whatever the number of calls.
 *
 * <p><b>The bound.</b> Over any period the retries that began in it and failed, or have not ended,
 * cost at most {@code burst + ratio · s + minimumPerSecond · t} tokens, where {@code s} calls had
 * success with their first attempt in {@code t} seconds. See {@link #amplificationBound} for what
 * that means for the load.
 *
 * <p>One budget serves all that sends a second time: retries, hedges, refreshes of a cache,
 * repeated calls for a lock. Share it between all clients of one dependency in this process, and
 * give each dependency one of its own.
 *
 * <p>With {@link RetryBudgetBuilder#shared} the bound is that of all instances of a service
 * together. Each holds a share of the tokens, and draws more from a pool in Redis while it retries;
 * nothing here waits for that, and no success costs a call.
 *
 * <p>Whoever calls the dependency tells the budget of each call, when it {@linkplain #begin begins}
 * and when it {@linkplain #end ends}; these never block, and threads do not wait for each other.
 * Instances are safe for use by many threads.
 */
public final class RetryBudget implements AutoCloseable {

  /*
   * The efficacy budget. Finagle [1] pays for retries by requests, so that it grants them in a total
   * outage too; gRPC [2] and Brooker [3] pay by successes, and then starve retries that do succeed, from
   * a failure rate of a tenth on. Here a retry that succeeds pays for itself, as in the AWS SDK [4], but
   * what is there at most is small, and first attempts pay little: what is bounded is failed retries.
   *
   * Tokens keeps the balance, and Draws fetches more if instances share one. Beside the rate stands a share
   * of what is under way, as in Envoy [5]: a rate alone does not bound retries that hang.
   *
   * [1] https://github.com/twitter/finagle, RetryBudget.scala
   * [2] gRPC proposal A6, https://github.com/grpc/proposal/blob/master/A6-client-retries.md
   * [3] M. Brooker, Fixing retries with token buckets and circuit breakers, 2022
   * [4] https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
   * [5] Envoy, circuit_breaker.proto, RetryBudget
   */

  /** What a retry costs after an ordinary failure. */
  public static final double TRANSIENT = 1.0;

  /** What a retry costs after a timeout: the last attempt may go on, so it is dearer. */
  public static final double TIMEOUT = 1.4;

  /** What a retry costs when the callee has said when to come back: it knows its load. */
  public static final double THROTTLED = 0.35;

  static final double MICRO = 1e6; // tokens are kept in millionths
  private static final double LEAST_COST = 0.01;
  private static final double MOST_COST = 10;

  private final String name;
  private final double ratio;
  private final double inFlightRatio;
  private final int inFlightMinimum;
  private final LongAdder begun = new LongAdder();
  private final LongAdder endedOtherwise = new LongAdder();
  private final LongAdder withdrawals = new LongAdder();
  private final LongAdder refunds = new LongAdder();
  private final LongAdder refusals = new LongAdder();
  private final Tokens tokens;
  private final @Nullable Draws draws;
  private final Telemetry telemetry;

  RetryBudget(RetryBudgetBuilder builder) {
    name = builder.name;
    ratio = builder.ratio;
    inFlightRatio = builder.inFlightRatio;
    inFlightMinimum = builder.inFlightMinimum;
    tokens = builder.tokens();
    draws = builder.draws(tokens);
    telemetry = new Telemetry(builder.openTelemetry, "scaling-resilience", name);
    RetryBudgetMeters.register(telemetry, this);
    if (draws != null) {
      RetryBudgetMeters.register(telemetry, draws);
    }
  }

  /** Returns a budget with the defaults of the builder. */
  public static RetryBudget create(String name) {
    return builder(name).build();
  }

  /**
   * Begins to set a budget up.
   *
   * @param name for meters and messages: 1 to 64 letters, digits, dots, dashes and underscores
   */
  public static RetryBudgetBuilder builder(String name) {
    return new RetryBudgetBuilder(name);
  }

  /** Returns the name that it was given. */
  public String name() {
    return name;
  }

  /** Counts a call that begins; {@link #end} must follow. */
  public void begin() {
    begun.increment();
  }

  /**
   * Counts a call that ends.
   *
   * @param isFirstSuccess whether its first attempt was the one that succeeded: what pays for
   *     retries. A success of a later attempt pays by {@link Withdrawal#succeeded}
   */
  public void end(boolean isFirstSuccess) {
    if (isFirstSuccess) {
      tokens.succeeded();
    } else {
      endedOtherwise.increment();
    }
  }

  /**
   * Takes tokens out for one more attempt, if they are there, and if not too many such attempts are
   * under way already. Never blocks; one compare-and-set if nobody else does so now.
   *
   * @param cost from 0.01 to 10 tokens, see {@link #TRANSIENT}
   * @return what to say the attempt's outcome to, or {@code null}: do not send it
   */
  public @Nullable Withdrawal tryWithdraw(double cost) {
    Checks.argument(
        cost >= LEAST_COST && cost <= MOST_COST, "cost must be in [0.01, 10]: %s", cost);
    long micros = Math.round(cost * MICRO);
    boolean isTaken = tokens.tryTake(micros, mostInFlight());
    (isTaken ? withdrawals : refusals).increment();
    if (draws != null) {
      draws.asked();
    }
    return isTaken ? new Withdrawal(this, micros) : null;
  }

  /**
   * Takes tokens out as {@link #tryWithdraw} does.
   *
   * @throws ExhaustedException if it would have returned {@code null}
   */
  public Withdrawal withdraw(double cost) {
    var withdrawal = tryWithdraw(cost);
    if (withdrawal == null) {
      throw new ExhaustedException(name, balance(), cost);
    }
    return withdrawal;
  }

  /** Returns the tokens that are there now, from zero to {@code burst}, or to the share of it. */
  public double balance() {
    return tokens.now().micros() / MICRO;
  }

  /**
   * Returns how many attempts a call makes on average, at most, if each attempt fails with the same
   * probability whatever came before, over the worst such probability: 1.31 with the defaults and 3
   * attempts. What {@code burst} and {@code minimumPerSecond} add does not grow with the calls, and
   * is left out. If the failures are not independent, the bound of this class holds, and this may
   * not: then more retries succeed than here, and these cost nothing.
   *
   * @param attempts of a call at most, from 1 to 100
   * @param cost of a retry at least, from 0.01 to 10
   */
  public double amplificationBound(int attempts, double cost) {
    Checks.range("attempts", attempts, 1, 100);
    Checks.argument(
        cost >= LEAST_COST && cost <= MOST_COST, "cost must be in [0.01, 10]: %s", cost);
    return AmplificationBound.of(ratio, attempts, cost);
  }

  /** Returns the numbers of this budget. */
  public Snapshot snapshot() {
    return new Snapshot(
        begun.sum(),
        callsUnderWay(),
        tokens.successes(),
        withdrawals.sum(),
        refunds.sum(),
        refusals.sum(),
        balance(),
        tokens.mostMicros() / MICRO,
        tokens.inFlight());
  }

  /**
   * Unregisters the meters, and puts what is left of the share back into the pool, if there is one,
   * without waiting for it. The budget itself goes on, in this process alone. Does nothing the
   * second time.
   */
  @Override
  public void close() {
    if (draws != null) {
      draws.close();
    }
    telemetry.close();
  }

  @Override
  public String toString() {
    return "RetryBudget[" + name + ", " + balance() + " of " + tokens.mostMicros() / MICRO
        + " tokens" + (draws == null ? "]" : " here]");
  }

  void giveBack(long micros, boolean isRefund) {
    if (isRefund) {
      refunds.increment();
    }
    tokens.end(isRefund ? micros : 0);
  }

  private long callsUnderWay() {
    return begun.sum() - tokens.successes() - endedOtherwise.sum();
  }

  private int mostInFlight() {
    long calls = callsUnderWay();
    return (int)
        Math.min(Integer.MAX_VALUE, inFlightMinimum + (long) (inFlightRatio * Math.max(0, calls)));
  }

  /**
   * The tokens that one more attempt has taken out. One of the three methods must follow, whatever
   * becomes of the attempt; only the first call of them counts.
   *
   * <p>Safe for use by many threads.
   */
  public static final class Withdrawal {

    private final RetryBudget budget;
    private final long micros;
    private final AtomicBoolean ended = new AtomicBoolean();

    Withdrawal(RetryBudget budget, long micros) {
      this.budget = budget;
      this.micros = micros;
    }

    /** The attempt succeeded: it was worth its tokens, which go back. */
    public void succeeded() {
      end(/* isRefund= */ true);
    }

    /** The attempt failed, or was cancelled when the callee may have heard of it. */
    public void failed() {
      end(/* isRefund= */ false);
    }

    /** The attempt was not sent after all; the tokens go back. */
    public void notSent() {
      end(/* isRefund= */ true);
    }

    @Override
    public String toString() {
      return "Withdrawal[" + micros / 1e6 + (ended.get() ? " tokens, ended]" : " tokens]");
    }

    private void end(boolean isRefund) {
      if (!ended.getAndSet(true)) {
        budget.giveBack(micros, isRefund);
      }
    }
  }

  /**
   * The numbers of a budget, each read at about the same time.
   *
   * @param calls that began
   * @param callsUnderWay those of them that have not ended; for a moment it may be less than none
   * @param firstSuccesses calls whose first attempt succeeded
   * @param withdrawals attempts that were paid for
   * @param refunds those of them that succeeded or were not sent
   * @param refusals withdrawals that were refused
   * @param balance tokens that are there, of a shared budget those of this instance
   * @param limit tokens that may be there
   * @param inFlight attempts that were paid for and are under way
   */
  public record Snapshot(
      long calls,
      long callsUnderWay,
      long firstSuccesses,
      long withdrawals,
      long refunds,
      long refusals,
      double balance,
      double limit,
      int inFlight) {}

  /** There were too few tokens for one more attempt, or too many such attempts were under way. */
  public static final class ExhaustedException extends RejectedException {

    private static final long serialVersionUID = 1L;

    ExhaustedException(String budget, double balance, double cost) {
      super(
          budget,
          String.format(
              Locale.ROOT,
              "no further attempt: it costs %.2f tokens, %.2f are there; or too many are under way",
              cost,
              balance),
          Duration.ZERO);
    }
  }
}
