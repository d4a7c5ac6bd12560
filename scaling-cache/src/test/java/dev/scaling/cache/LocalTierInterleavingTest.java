package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.scaling.core.Time;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Interleavings of few steps, chosen by Lincheck's model checker: at rest the local tier never
 * holds what was read before a write. Clearing is left to {@link LocalTierRaceTest}: the checker
 * takes its loop over all epochs for one that does not end.
 */
@Tag("chaos") // some 40 seconds
@Timeout(120)
final class LocalTierInterleavingTest {

  @Test
  void offerUnderAnEpoch_keepsNothingOld() {
    options().check(ByEpoch.class);
  }

  /** The control: without the epoch the checker finds the old value. */
  @Test
  void offerUnderAnEpochTakenTooLate_isNoticed() {
    assertThatThrownBy(() -> options().check(TooLate.class))
        .isInstanceOf(LincheckAssertionError.class);
  }

  private static ModelCheckingOptions options() {
    return new ModelCheckingOptions()
        .iterations(5)
        .invocationsPerIteration(300)
        .threads(2)
        .actorsPerThread(2)
        .actorsBefore(1)
        .actorsAfter(0)
        .minimizeFailedScenario(false);
  }

  /** A tier in front of a source that counts. Public, as the checker wants it. */
  public abstract static class Steps {

    final AtomicInteger source = new AtomicInteger();
    final LocalTier<Integer, Integer> tier = tier();

    /** Writes and invalidates. */
    @Operation
    public void write() {
      source.incrementAndGet();
      tier.invalidate(1);
    }

    /** Fails if the tier holds something old. */
    @Validate
    public void nothingOldIsKept() {
      Object held = tier.get(1);
      if (held != null && !held.equals(source.get())) {
        throw new IllegalStateException("holds " + held + " of " + source.get());
      }
    }

    private static LocalTier<Integer, Integer> tier() {
      var tier = new LocalTier<>(
          new LocalSettings<Integer, Integer>(),
          () -> 1L << 50,
          () -> 1L << 50,
          Time.system(),
          Runnable::run);
      tier.open();
      return tier;
    }
  }

  /** Loads as the cache does. */
  public static final class ByEpoch extends Steps {

    /** Reads the source and offers what it held. */
    @Operation
    public void load() {
      long epoch = tier.epoch(1);
      tier.offer(1, source.get(), epoch);
    }
  }

  /** Loads as one who takes the epoch when the value is there. */
  public static final class TooLate extends Steps {

    /** Reads the source and offers what it held. */
    @Operation
    public void load() {
      int value = source.get();
      tier.offer(1, value, tier.epoch(1));
    }
  }
}
