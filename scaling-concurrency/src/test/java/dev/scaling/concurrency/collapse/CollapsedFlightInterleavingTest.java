package dev.scaling.concurrency.collapse;

import dev.scaling.concurrency.internal.Flights;
import dev.scaling.concurrency.internal.Interleavings;
import dev.scaling.core.Time;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Interleavings of callers who come and go, chosen by Lincheck's model checker: nobody waits for an
 * execution that was given up, and what nobody waits for is given up.
 */
@Tag("chaos") // some 30 seconds
@Timeout(120)
final class CollapsedFlightInterleavingTest {

  @Test
  void callerWhoWaits_isNeverWithAFlightThatWasGivenUp() {
    options().check(Counted.class);
  }

  /** The control: without the closed bit the checker finds the caller who joined too late. */
  @Test
  void joinThatDoesNotLookAtTheClosedBit_isNoticed() {
    Interleavings.assertNoticed(options(), Uncounted.class);
  }

  private static ModelCheckingOptions options() {
    return Interleavings.of(/* threads= */ 3, /* actorsPerThread= */ 2)
        .iterations(5)
        .invocationsPerIteration(500);
  }

  /** Callers of one key whose execution never ends by itself. Public, as the checker wants it. */
  public abstract static class Steps {

    private final Flights<Integer, String, CollapsedFlight<Integer, String>> flights =
        new Flights<>("recursion");
    private final Collapse<Integer, String> collapse = new Collapse<>(
        new Common("things", task -> {}, null, Time.system()), flights, new Collapse.Counters());
    private final AtomicInteger waiting = new AtomicInteger();

    abstract boolean join(CollapsedFlight<Integer, String> flight);

    /** Comes, looks whether there is still something to wait for, and leaves. */
    @Operation
    public void call() {
      var flight = joined();
      waiting.incrementAndGet();
      if (flight.isCancelled()) {
        throw new IllegalStateException("waits for what was given up");
      }
      waiting.decrementAndGet();
      flight.left(null);
    }

    /** Lets later callers start anew. */
    @Operation
    public void forget() {
      flights.forget(1);
    }

    /** Fails if a flight is found that nobody waits for. */
    @Validate
    public void nothingIsLeft() {
      if (waiting.get() == 0 && flights.size() > 0) {
        throw new IllegalStateException("a flight is left without callers");
      }
    }

    private CollapsedFlight<Integer, String> joined() {
      var mine = new CollapsedFlight<>(collapse, 1, () -> "", /* isBlocking= */ false);
      while (true) {
        var flight = flights.start(mine);
        if (flight == mine || join(flight)) {
          return flight;
        }
        flights.remove(flight);
      }
    }
  }

  /** Callers as the collapser has them. */
  public static final class Counted extends Steps {

    @Override
    boolean join(CollapsedFlight<Integer, String> flight) {
      return flight.tryJoin();
    }
  }

  /** Callers who take a flight that they found for one that goes on. */
  public static final class Uncounted extends Steps {

    @Override
    boolean join(CollapsedFlight<Integer, String> flight) {
      flight.tryJoin(); // whatever it says
      return true;
    }
  }
}
