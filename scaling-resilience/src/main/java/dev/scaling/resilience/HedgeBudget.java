package dev.scaling.resilience;

import dev.scaling.core.internal.Checks;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What hedges are paid from besides the retry budget: each first attempt puts a share of a token
 * in, and a hedge takes one out, whatever becomes of it. At the start there is none.
 *
 * <p><b>The bound.</b> Over any period at most {@code burst + maximumExtraLoad · f} hedges are sent
 * while {@code f} first attempts are, and {@code maximumExtraLoad · f} from the start on. So
 * however wrong the trigger is, for a while after latencies have changed, the extra load is not
 * more.
 *
 * <p>Safe for use by many threads, of which none waits for another.
 */
final class HedgeBudget {

  /*
   * First attempts are counted in a striped counter that is never reset, and paid in before a withdrawal, as
   * in RetryBudget. There are at most as many tokens as the burst. Those that are not spent are gone after
   * the time to live, which is kept in halves: what came in during one is there until the next has ended. So
   * a token lives for half of the time to live at least, and for all of it at most. Finagle [1] has ten parts;
   * with a burst so small two do.
   *
   * A hedge needs a token of each budget. This one's is taken first, since it is the scarcer, and put back
   * if the other refuses; in Finagle it is lost then [2]. Meanwhile someone else may be refused for want of
   * it, and that is the worst of it: an optional attempt less.
   *
   * [1] https://github.com/twitter/finagle, RetryBudget.scala
   * [2] the same, BackupRequestFilter.scala, canIssueBackup
   */

  private static final long MICRO = 1_000_000; // tokens are kept in millionths

  private final long perFirstMicros;
  private final long mostMicros;
  private final long halfNanos;
  private final LongAdder firsts = new LongAdder();
  private final AtomicReference<HedgeTokens> tokens;

  private volatile long endsNanos; // as in the tokens, or for a moment less; seldom written

  /**
   * Creates one without a token.
   *
   * @param maximumExtraLoad hedges for each first attempt, from 0.001 to 1
   * @param burst tokens at most, from 1 to 1,000
   * @param ttl after which a token that was not spent is gone, from 1 second to 10 minutes
   */
  HedgeBudget(double maximumExtraLoad, int burst, Duration ttl, long nowNanos) {
    Checks.argument(
        maximumExtraLoad >= 0.001 && maximumExtraLoad <= 1,
        "maximumExtraLoad must be in [0.001, 1]: %s",
        maximumExtraLoad);
    Checks.duration("ttl", ttl, Duration.ofSeconds(1), Duration.ofMinutes(10));
    perFirstMicros = Math.round(maximumExtraLoad * MICRO);
    mostMicros = Checks.range("burst", burst, 1, 1_000) * MICRO;
    halfNanos = ttl.toNanos() / 2;
    endsNanos = nowNanos + halfNanos;
    tokens = new AtomicReference<>(new HedgeTokens(0, 0, 0, endsNanos));
  }

  /** Counts a first attempt that is sent, which pays for hedges. */
  void first(long nowNanos) {
    if (nowNanos - endsNanos >= 0) {
      change(nowNanos, 0); // what came in until then is of the half that has ended
    }
    firsts.increment();
  }

  /**
   * Takes a token out of this budget, and what a hedge costs out of the other: both or none. Never
   * blocks.
   *
   * @param cost see {@link RetryBudget#tryWithdraw}
   * @return what to say the hedge's outcome to, or {@code null}: do not send it
   */
  RetryBudget.@Nullable Withdrawal tryWithdraw(RetryBudget budget, double cost, long nowNanos) {
    if (!change(nowNanos, MICRO)) {
      return null;
    }
    RetryBudget.Withdrawal withdrawal = null;
    try {
      withdrawal = budget.tryWithdraw(cost);
    } finally {
      if (withdrawal == null) {
        putBack();
      }
    }
    return withdrawal;
  }

  /** Puts back, here and there, what was taken out for a hedge that was not sent; once for each. */
  void notSent(RetryBudget.Withdrawal withdrawal) {
    withdrawal.notSent();
    putBack();
  }

  /** Returns the tokens that are there now, from zero to the burst. */
  double balance(long nowNanos) {
    return settle(tokens.get(), nowNanos).micros() / (double) MICRO;
  }

  /** Takes so much out, if it is there. */
  private boolean change(long nowNanos, long lessMicros) {
    while (true) {
      var known = tokens.get();
      var settled = settle(known, nowNanos);
      if (settled.micros() < lessMicros) {
        return false;
      }
      if (tokens.compareAndSet(known, settled.minus(lessMicros))) {
        if (endsNanos != settled.endsNanos()) {
          endsNanos = settled.endsNanos();
        }
        return true;
      }
    }
  }

  private void putBack() {
    tokens.updateAndGet(known -> known.plusOld(MICRO, mostMicros));
  }

  private HedgeTokens settle(HedgeTokens known, long nowNanos) {
    long sum = firsts.sum(); // after the tokens were read
    return known.paid(sum, perFirstMicros, mostMicros).at(nowNanos, halfNanos);
  }
}
