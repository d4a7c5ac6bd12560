package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.locks.Lease.LossReason;
import dev.scaling.testkit.VirtualTime;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jetbrains.lincheck.datastructures.verifier.EpsilonVerifier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Interleavings of those who give a lease back, lose it, detach it, leave its line or close the
 * service, chosen by Lincheck's model checker: it is handed on once or given back, and never both.
 */
@Tag("chaos") // some minutes
@Timeout(1_200)
final class HandOverInterleavingTest {

  private final Logger log = Logger.getLogger(LockService.class.getName());

  @BeforeEach
  void beQuiet() {
    log.setLevel(Level.OFF);
  }

  @Test
  void lease_isHandedOnOrGivenBack() {
    options().check(Whole.class);
  }

  /** The control: a loss that looks whether the lease is held, and ends it then, in two steps. */
  @Test
  void lookBeforeTheStep_isNoticed() {
    assertThatThrownBy(() -> options().check(Broken.class))
        .isInstanceOf(LincheckAssertionError.class);
  }

  private static ModelCheckingOptions options() {
    return new ModelCheckingOptions()
        .threads(2)
        .actorsPerThread(2)
        .actorsBefore(0)
        .actorsAfter(0)
        .verifier(EpsilonVerifier.class) // only what is validated counts
        .minimizeFailedScenario(false)
        .iterations(20)
        .invocationsPerIteration(200);
  }

  /** A lease, and two callers of the same instance who wait. Public, as the checker wants it. */
  public abstract static class Callers {

    final Engine engine;
    final Lease first;
    private final InstantRedis redis;
    private final List<CompletableFuture<Acquisition>> waiting = new ArrayList<>();

    Callers() {
      var time =
          VirtualTime.standing(); // the checker sees into what is here, and not into java.util
      redis = new InstantRedis(time);
      engine = new Engine(LockService.builder("test")
          .node("node-a", redis.port())
          .quarantined(false)
          .localHandOvers(5)
          .unique(() -> "0")
          .random(() -> 0)
          .executor(Runnable::run)
          .openTelemetry(OpenTelemetry.noop())
          .time(time));
      var lock = new DistributedLock(engine, "a", /* reads= */ false);
      first = lease(lock.acquireAsync(Duration.ZERO));
      waiting.add(lock.acquireAsync(Duration.ofHours(1)));
      waiting.add(lock.acquireAsync(Duration.ofHours(1)));
    }

    abstract void lose(Lease lease);

    @Operation
    public void close() {
      first.close();
    }

    @Operation
    public void lose() {
      lose(first);
    }

    @Operation
    public void detach() {
      try {
        first.detach();
      } catch (LeaseLostException e) {
        return; // it has ended
      }
    }

    @Operation
    public void leave() {
      waiting.get(0).cancel(/* mayInterruptIfRunning= */ false);
    }

    @Operation
    public void closeService() {
      engine.close();
    }

    /** Fails unless one lease at most is valid, and the node has the lock for that one. */
    @Validate
    public void oneHasIt() {
      List<Lease> valid = new ArrayList<>();
      if (first.isValid()) {
        valid.add(first);
      }
      for (CompletableFuture<Acquisition> each : waiting) {
        if (!each.isCompletedExceptionally() && each.isDone() && lease(each).isValid()) {
          valid.add(lease(each));
        }
      }
      if (valid.size() > 1) {
        throw new IllegalStateException("valid at once: " + valid);
      }
      for (Lease lease : valid) {
        if (!redis.has("a", lease.attempt)) {
          throw new IllegalStateException("the node does not have it: " + lease);
        }
      }
    }

    private static Lease lease(CompletableFuture<Acquisition> acquisition) {
      return ((Acquired) acquisition.join()).lease();
    }
  }

  /** The real one. */
  public static final class Whole extends Callers {

    @Override
    void lose(Lease lease) {
      lease.lose(LossReason.TAKEN);
    }
  }

  /** A broken one. */
  public static final class Broken extends Callers {

    @Override
    void lose(Lease lease) {
      if (lease.isHeld()) {
        engine.lost(lease, LossReason.TAKEN);
        lease.close();
      }
    }
  }
}
