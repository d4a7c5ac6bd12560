package dev.scaling.resilience;

import dev.scaling.core.Time;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.UnaryOperator;

/** The tokens of a {@link RetryBudget} in this process. */
final class Tokens {

  /*
   * Invariant: the balance is at most the most, and a token that was taken out is not back unless its
   * retry succeeded or was not sent; the bound follows for every period. Each change of the balance is one
   * compare-and-set of an immutable Balance. Successes are counted without one, in a striped counter, and
   * put in before the next withdrawal or refund: nothing is taken out between, so that the cap cuts off as
   * much as if each had been put in at once. A Balance is read before the counter is summed; so no sum is
   * less than the one that the Balance has settled.
   */

  private final Income income;
  private final Time time;
  private final LongAdder successes = new LongAdder();
  private final AtomicReference<Balance> balance;

  Tokens(Income income, long firstMicros, Time time) {
    this.income = income;
    this.time = time;
    long now = time.nanoTime();
    balance = new AtomicReference<>(new Balance(firstMicros, 0, now, 0, new Spare(0, now)));
  }

  /** Counts a call whose first attempt succeeded. */
  void succeeded() {
    successes.increment();
  }

  long successes() {
    return successes.sum();
  }

  long mostMicros() {
    return income.mostMicros();
  }

  int inFlight() {
    return balance.get().inFlight();
  }

  /** Returns what is there now. */
  Balance now() {
    return settle(balance.get());
  }

  /** Takes tokens out for an attempt, if they are there and no more attempts are under way. */
  boolean tryTake(long micros, int mostInFlight) {
    while (true) {
      var known = balance.get();
      var settled = settle(known);
      if (settled.micros() < micros || settled.inFlight() >= mostInFlight) {
        return false;
      }
      if (balance.compareAndSet(known, settled.minus(micros).inFlight(settled.inFlight() + 1))) {
        return true;
      }
    }
  }

  /** Ends an attempt, and puts back what it did not use up. */
  void end(long refundMicros) {
    change(settled -> settled.plus(income, refundMicros).inFlight(settled.inFlight() - 1));
  }

  /** Puts in what came from the pool. There may be no room for it by now: then it is lost. */
  void draw(long micros) {
    change(settled -> {
      long room = income.mostMicros() - settled.micros();
      return settled.plus(income, Math.min(micros, room));
    });
  }

  /** Takes out what may go to the pool, and returns it. */
  long takeSpare() {
    return change(Balance::withoutSpare).spare().micros();
  }

  /** Takes out all that is there, and returns it. */
  long takeAll() {
    var before = change(settled -> settled.minus(settled.micros()).withoutSpare());
    return before.micros() + before.spare().micros();
  }

  /** Makes a change, and returns what was there before. */
  private Balance change(UnaryOperator<Balance> change) {
    while (true) {
      var known = balance.get();
      var settled = settle(known);
      if (balance.compareAndSet(known, change.apply(settled))) {
        return settled;
      }
    }
  }

  private Balance settle(Balance known) {
    long all = successes.sum(); // after the balance was read
    return known.with(income, all, income.isTimed() ? time.nanoTime() : known.atNanos());
  }
}
