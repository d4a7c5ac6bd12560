package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.scaling.testkit.VirtualTime;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Interleavings, chosen by Lincheck's model checker, of what stands before each attempt: no place
 * of a bulkhead is given twice, no token of a budget either, and a half-open circuit lets no more
 * probes through than it may.
 */
@Tag("chaos") // a minute or so
@Timeout(600)
final class GateInterleavingTest {

  @Test
  void places_areGivenOnce() {
    options().check(Places.class);
  }

  @Test
  void control_placesThatAreLookedAtFirst_areNoticed() {
    assertNoticed(PlacesLookedAtFirst.class);
  }

  @Test
  void placesThatAreResized_areNeverMoreThanTheLimitOfTheMoment() {
    options().check(ResizedPlaces.class);
  }

  @Test
  void control_aLimitBesideTheUsage_isNoticed() {
    assertNoticed(LimitBesideTheUsage.class);
  }

  @Test
  void tokens_areTakenOnce() {
    options().check(Tokens.class);
  }

  @Test
  void control_tokensThatAreRefundedTwice_areNoticed() {
    assertNoticed(TokensRefundedTwice.class);
  }

  private static ModelCheckingOptions options() {
    return new ModelCheckingOptions()
        .threads(3)
        .actorsPerThread(2)
        .actorsBefore(0)
        .actorsAfter(0)
        .minimizeFailedScenario(false)
        .iterations(10)
        .invocationsPerIteration(300);
  }

  private static void assertNoticed(Class<?> broken) {
    assertThatThrownBy(() -> options().check(broken)).isInstanceOf(LincheckAssertionError.class);
  }

  /** Those who take something of which there is so much, and give it back. */
  public abstract static class Takers {

    private final AtomicInteger taken = new AtomicInteger();
    private final AtomicInteger mostTaken = new AtomicInteger();
    private final int most;

    Takers(int most) {
      this.most = most;
    }

    abstract @Nullable Object take();

    abstract void giveBack(Object taken);

    /** Takes one and keeps it. */
    @Operation
    public void keep() {
      if (take() != null) {
        count();
      }
    }

    /** Takes one and gives it back. */
    @Operation
    public void use() {
      var mine = take();
      if (mine != null) {
        count();
        taken.decrementAndGet();
        giveBack(mine);
      }
    }

    private void count() {
      mostTaken.accumulateAndGet(taken.incrementAndGet(), Math::max);
    }

    /** Fails if more were taken at a time than there are. */
    @Validate
    public void noneIsInvented() {
      if (mostTaken.get() > most) {
        throw new IllegalStateException(mostTaken + " of " + most);
      }
    }
  }

  /** The places of a bulkhead. */
  public static class Places extends Takers {

    final Slots slots = new Slots.Resizable(2);

    /** Two of them. */
    public Places() {
      super(2);
    }

    @Override
    @Nullable
    Object take() {
      return slots.tryAcquire() ? this : null;
    }

    @Override
    void giveBack(Object taken) {
      slots.release();
    }
  }

  /** The control: a look and a step apart. */
  public static final class PlacesLookedAtFirst extends Places {

    private final AtomicInteger used = new AtomicInteger();

    @Override
    @Nullable
    Object take() {
      if (used.get() >= 2) {
        return null;
      }
      used.incrementAndGet();
      return this;
    }

    @Override
    void giveBack(Object taken) {
      used.decrementAndGet();
    }
  }

  /** Places whose limit shrinks; the checker compares with some order of the same steps. */
  public static class ResizedPlaces {

    private final Slots.Resizable slots = new Slots.Resizable(2);

    /** One of two is taken. */
    public ResizedPlaces() {
      slots.tryAcquire();
    }

    /** Takes one. */
    @Operation
    public boolean take() {
      return slots.tryAcquire();
    }

    /** Leaves room for one. */
    @Operation
    public void shrink() {
      slots.resize(1);
    }

    /** Looks how many are taken. */
    @Operation
    public int usage() {
      return slots.usage();
    }
  }

  /** The control: as it was once. */
  public static final class LimitBesideTheUsage {

    private final AtomicInteger used = new AtomicInteger(1);
    private volatile int limit = 2;

    /** Takes one. */
    @Operation
    public boolean take() {
      while (true) {
        int before = used.get();
        if (before >= limit) {
          return false;
        }
        if (used.compareAndSet(before, before + 1)) {
          return true;
        }
      }
    }

    /** Leaves room for one. */
    @Operation
    public void shrink() {
      limit = 1;
    }

    /** Looks how many are taken. */
    @Operation
    public int usage() {
      return used.get();
    }
  }

  /** The tokens of a budget, which come back when a retry succeeds. */
  public static class Tokens extends Takers {

    final RetryBudget budget = RetryBudget.builder("b")
        .burst(2)
        .ratio(0)
        .inFlightMinimum(100)
        .time(VirtualTime.standing())
        .build();

    /** Two of them. */
    public Tokens() {
      super(2);
    }

    @Override
    @Nullable
    Object take() {
      return budget.tryWithdraw(1);
    }

    @Override
    void giveBack(Object taken) {
      ((RetryBudget.Withdrawal) taken).succeeded();
    }
  }

  /** The control. */
  public static final class TokensRefundedTwice extends Tokens {

    @Override
    void giveBack(Object taken) {
      super.giveBack(taken);
      budget.giveBack(1_000_000, /* isRefund= */ true);
    }
  }
}
