package dev.scaling.resilience;

import dev.scaling.core.Time;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Calls, one each millisecond, to something that answers in about 10 ms, and once in a hundred
 * times in 30 times as much; each with a hedge when the trigger says so.
 */
final class HedgedCalls {

  static final int BURST = 10;

  private static final Duration BETWEEN = Duration.ofMillis(1);
  private static final int STRAGGLERS = 100; // one of so many is
  private static final double MILLI = 1e6;

  private final VirtualTime time = new VirtualTime();
  private final Random random = new Random(7);
  private final RetryBudget retries = RetryBudget.builder("hedges").time(time).build();
  private final HedgeBudget hedges =
      new HedgeBudget(0.05, BURST, Duration.ofSeconds(10), time.nanoTime());
  private final Latencies window;
  private final boolean isBudgeted;
  private double scale = 1;
  private long[] latencies = {};
  private int calls;
  private int hedged;

  HedgedCalls(Latencies window, boolean isBudgeted) {
    this.window = window;
    this.isBudgeted = isBudgeted;
  }

  /** Makes all answers last so many times longer from now on. */
  HedgedCalls scale(double scale) {
    this.scale = scale;
    return this;
  }

  /** Begins so many calls, and forgets those before; calls that are under way go on. */
  HedgedCalls begin(int count) {
    latencies = new long[count];
    hedged = 0;
    for (calls = 0; calls < count; ) {
      new Call(latencies, calls++).send();
      time.advance(BETWEEN);
    }
    return this;
  }

  /** Returns hedges of the calls that have begun. */
  int hedged() {
    return hedged;
  }

  /** Returns hedges for each call. */
  double extra() {
    return hedged / (double) calls;
  }

  /** Returns a quantile in milliseconds, when all of them have ended. */
  double millis(double quantile) {
    time.advance(Duration.ofMinutes(5));
    Arrays.sort(latencies);
    return latencies[(int) (quantile * latencies.length)] / MILLI;
  }

  private long answerNanos() {
    double millis = scale * Math.exp(2.3 + 0.35 * random.nextGaussian());
    return (long) (MILLI * (random.nextInt(STRAGGLERS) == 0 ? 30 * millis : millis));
  }

  /** A call with its first attempt, and its hedge. */
  private final class Call {

    private final long[] results;
    private final int index;
    private final long startNanos = time.nanoTime();
    private final Time.Cancellable firstEnds;
    private Time.@Nullable Cancellable hedgeEnds;
    private RetryBudget.@Nullable Withdrawal withdrawal;
    private boolean isOver;

    Call(long[] results, int index) {
      this.results = results;
      this.index = index;
      firstEnds = time.schedule(this::firstEnds, Duration.ofNanos(answerNanos()));
    }

    void send() {
      retries.begin();
      hedges.first(startNanos);
      long triggerNanos = window.reading(startNanos).triggerNanos();
      if (triggerNanos < Long.MAX_VALUE) {
        time.schedule(this::hedge, Duration.ofNanos(triggerNanos));
      }
    }

    private void hedge() {
      if (isOver) {
        return;
      }
      if (isBudgeted) {
        withdrawal = hedges.tryWithdraw(retries, RetryBudget.TRANSIENT, time.nanoTime());
        if (withdrawal == null) {
          return;
        }
      }
      hedged++;
      hedgeEnds = time.schedule(this::hedgeEnds, Duration.ofNanos(answerNanos()));
    }

    private void firstEnds() {
      long elapsedNanos = end(true);
      window.record(elapsedNanos, startNanos + elapsedNanos);
      if (hedgeEnds != null) {
        hedgeEnds.cancel();
      }
      if (withdrawal != null) {
        withdrawal.failed();
      }
    }

    private void hedgeEnds() {
      long elapsedNanos = end(false);
      window.recordCensored(elapsedNanos, startNanos + elapsedNanos);
      firstEnds.cancel();
      if (withdrawal != null) {
        withdrawal.succeeded();
      }
    }

    private long end(boolean isFirst) {
      isOver = true;
      retries.end(isFirst);
      results[index] = time.nanoTime() - startNanos;
      return results[index];
    }
  }
}
