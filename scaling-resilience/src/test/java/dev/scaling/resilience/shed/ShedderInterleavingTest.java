package dev.scaling.resilience.shed;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Interleavings of those who come and leave, chosen by Lincheck's model checker: what each is told
 * is what it would be told in some order of one after the other, and no place is lost.
 */
@Tag("chaos") // about a minute
@Timeout(240)
final class ShedderInterleavingTest {

  @Test
  void verdicts_areThoseOfSomeOrder() {
    options().check(OfTheShedder.class);
  }

  /** The control: a look at the caller's count, and the place taken after it. */
  @Test
  void lookBeforeTheStep_isNoticed() {
    assertThatThrownBy(() -> options().check(WithALookBefore.class))
        .isInstanceOf(LincheckAssertionError.class);
  }

  private static ModelCheckingOptions options() {
    return new ModelCheckingOptions()
        .threads(3)
        .actorsPerThread(2)
        .actorsBefore(1)
        .actorsAfter(1)
        .minimizeFailedScenario(false)
        .iterations(20)
        .invocationsPerIteration(500);
  }

  private static ShedRule rule() { // of a limit of 3: bulk up to 1; from 1 on, 1 for each caller
    return Shedder.builder("inside").callerRatio(0.5).busyRatio(0.3).rule();
  }

  /** Who comes and leaves. Public, as the checker wants it. */
  @Param(name = "caller", gen = IntGen.class, conf = "0:1")
  public abstract static class Requests {

    final Places places = new Places(rule(), /* limit= */ 3);
    final AtomicInteger[] inside = {new AtomicInteger(), new AtomicInteger()};

    abstract Verdict come(Priority priority, String caller);

    abstract void go(String caller);

    /** Comes as one that matters. */
    @Operation
    public String critical(@Param(name = "caller") int caller) {
      return come(caller, Priority.CRITICAL);
    }

    /** Comes as one that does not. */
    @Operation
    public String bulk(@Param(name = "caller") int caller) {
      return come(caller, Priority.BULK);
    }

    /** Leaves: one that was there before. */
    @Operation(runOnce = true)
    public void leave() {
      go("caller 0");
      inside[0].decrementAndGet();
    }

    /** Lowers the limit. */
    @Operation
    public void limit() {
      places.limit(2);
    }

    /** Fails if a place is lost, or there is one too many. */
    @Validate
    public void placesAreThose() {
      int all = inside[0].get() + inside[1].get();
      if (places.usage() != all || all > 3) {
        throw new IllegalStateException(places.usage() + " places for " + all);
      }
    }

    private String come(int caller, Priority priority) {
      var verdict = come(priority, "caller " + caller);
      if (verdict == Verdict.ADMITTED) {
        inside[caller].incrementAndGet();
      }
      return verdict.name();
    }
  }

  /** The real one. */
  public static final class OfTheShedder extends Requests {

    private final Callers callers = new Callers(places);

    /** One is there. */
    public OfTheShedder() {
      critical(0);
    }

    @Override
    Verdict come(Priority priority, String caller) {
      return callers.tryTake(priority, caller);
    }

    @Override
    void go(String caller) {
      callers.release(caller);
    }
  }

  /** A count that is looked at before it is changed. */
  public static final class WithALookBefore extends Requests {

    private final AtomicInteger[] counts = {new AtomicInteger(), new AtomicInteger()};

    /** One is there. */
    public WithALookBefore() {
      critical(0);
    }

    @Override
    Verdict come(Priority priority, String caller) {
      var count = of(caller);
      var verdict = places.tryTake(priority, count.get());
      if (verdict == Verdict.ADMITTED) {
        count.incrementAndGet();
      }
      return verdict;
    }

    @Override
    void go(String caller) {
      of(caller).decrementAndGet();
      places.release();
    }

    private AtomicInteger of(String caller) {
      return counts[caller.equals("caller 0") ? 0 : 1];
    }
  }
}
