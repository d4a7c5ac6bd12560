package dev.scaling.concurrency.limit;

import dev.scaling.concurrency.internal.Interleavings;
import dev.scaling.concurrency.internal.StandingTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Interleavings of those who take from stock, chosen by Lincheck's model checker: nobody gets a
 * permit that is not there.
 */
@Tag("chaos") // some 20 seconds
@Timeout(180)
final class StockInterleavingTest {

  @Test
  void permits_areTakenOnce() {
    options().check(FromStock.class);
  }

  /** The control: a look and a step apart. */
  @Test
  void lookBeforeTheStep_isNoticed() {
    Interleavings.assertNoticed(options(), FromAnywhere.class);
  }

  private static ModelCheckingOptions options() {
    return Interleavings.of(/* threads= */ 3, /* actorsPerThread= */ 2)
        .iterations(10)
        .invocationsPerIteration(500);
  }

  /** Callers who share three permits. Public, as the checker wants it. */
  public abstract static class Callers {

    private static final int THERE = 3;

    private final AtomicInteger taken = new AtomicInteger();

    abstract boolean take();

    abstract void giveBack();

    @Operation
    public void use() {
      if (take()) {
        taken.incrementAndGet();
      }
    }

    /** Takes a permit and puts it back unused. */
    @Operation
    public void look() {
      if (take()) {
        giveBack();
      }
    }

    /** Fails if more were used than there are. */
    @Validate
    public void noneIsInvented() {
      if (taken.get() > THERE) {
        throw new IllegalStateException(taken + " of " + THERE);
      }
    }
  }

  /** The real one. */
  public static final class FromStock extends Callers {

    private final Stock stock = filled();

    @Override
    boolean take() {
      return stock.tryTake(1);
    }

    @Override
    void giveBack() {
      stock.giveBack(1);
    }

    private static Stock filled() {
      var gcra = new Gcra(List.of("api"), List.of(RateLimit.perSecond(10)));
      var stock =
          new Stock(gcra, new StandingTime(), Allotment.adaptive(Duration.ofSeconds(1)), () -> 1);
      double[] before = {0};
      double[] after = before.clone();
      gcra.take(after, THERE_ARE);
      stock.fill(new Grant(THERE_ARE, /* nowMicros= */ 0, before, after, 0, 0));
      return stock;
    }

    private static final int THERE_ARE = 3;
  }

  /** A broken one. */
  public static final class FromAnywhere extends Callers {

    private volatile int free = 3;

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // that is the point
    boolean take() {
      if (free < 1) {
        return false;
      }
      free--;
      return true;
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // that is the point
    void giveBack() {
      free++;
    }
  }
}
