package dev.scaling.concurrency.limit;

import dev.scaling.concurrency.internal.Interleavings;
import dev.scaling.core.Time;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Interleavings of those who take from stock, and of the allotments that come and end there, chosen
 * by Lincheck's model checker: nobody gets a permit that is not there.
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

  /** Callers who share the permits of some allotments. Public, as the checker wants it. */
  public abstract static class Callers {

    static final int THERE = 3;

    private final AtomicInteger granted = new AtomicInteger(THERE);
    private final AtomicInteger taken = new AtomicInteger();

    abstract boolean take();

    abstract void giveBack();

    abstract void refill();

    abstract void timer();

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

    /** Brings the next allotment, in the place of what is left of the last one. */
    @Operation
    public void fill() {
      granted.addAndGet(THERE);
      refill();
    }

    /** Lets what is due of an allotment come in, or ends it. */
    @Operation
    public void tick() {
      timer();
    }

    /** Fails if more were used than were granted. */
    @Validate
    public void noneIsInvented() {
      if (taken.get() > granted.get()) {
        throw new IllegalStateException(taken + " of " + granted);
      }
      while (take()) {
        use(taken.incrementAndGet(), granted.get());
      }
    }

    private static void use(int taken, int granted) {
      if (taken > granted) {
        throw new IllegalStateException("left over: " + taken + " of " + granted);
      }
    }
  }

  /** The real one. */
  public static final class FromStock extends Callers {

    private final Timers timers = new Timers();
    private final Gcra gcra = new Gcra(List.of("api"), List.of(RateLimit.perSecond(10)));
    private final Stock stock =
        new Stock(gcra, timers, Allotment.adaptive(Duration.ofSeconds(1)), () -> 1);

    /** Fills the stock once. */
    public FromStock() {
      refill();
    }

    @Override
    boolean take() {
      return stock.tryTake(1);
    }

    @Override
    void giveBack() {
      stock.giveBack(1);
    }

    @Override
    void refill() {
      double[] before = {0};
      double[] after = before.clone();
      gcra.take(after, THERE);
      stock.fill(new Grant(THERE, /* nowMicros= */ 0, before, after, 0, 0));
    }

    @Override
    void timer() {
      var task = timers.tasks.poll();
      if (task != null) {
        task.run();
      }
    }
  }

  /** Time that stands still, whose timers the test runs when it likes. */
  private static final class Timers implements Time {

    final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();

    @Override
    public long nanoTime() {
      return 0;
    }

    @Override
    public long currentTimeMillis() {
      return 0;
    }

    @Override
    public Cancellable schedule(Runnable task, Duration delay) {
      tasks.add(task);
      return () -> tasks.remove(task);
    }
  }

  /** A broken one. */
  public static final class FromAnywhere extends Callers {

    private volatile int free = THERE;

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

    @Override
    void refill() {
      free = THERE;
    }

    @Override
    void timer() {}
  }
}
