package dev.scaling.concurrency.semaphore;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import dev.scaling.core.internal.Handover;
import dev.scaling.core.redis.Redis;
import dev.scaling.core.telemetry.Telemetry;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Limits how many do something at a time, over all instances of a service together.
 *
 * <p>What it promises:
 *
 * <ul>
 *   <li><b>Never more than the permits.</b> At no moment are more permits
 *       {@linkplain Permit#isValid valid} than there are, whatever instances die or pause and
 *       whatever messages are lost, as long as Redis keeps its data and its clock makes no step
 *       forward of more than a twentieth of the lease.
 *   <li><b>In order.</b> Callers of an instance are served in the order of their coming, and so are
 *       the instances that wait.
 *   <li><b>Nobody starves.</b> While another instance waits, an instance hands permits on among its
 *       own callers at most 16 times or for 100 milliseconds; the next that comes free goes back.
 *   <li><b>Nothing leaks.</b> What a dead instance held comes back when its lease ends.
 * </ul>
 *
 * <p>An instance holds its permits under one lease, which one heartbeat renews. A permit that is
 * closed goes to the next caller here without a round trip, or stays for 20 milliseconds for those
 * to come; a call that finds none here costs one. While nobody uses or waits for permits, nothing
 * is sent.
 *
 * <p>Instances are safe for use by many threads. Blocking methods may be called on virtual threads.
 */
public final class DistributedSemaphore implements AutoCloseable {

  private static final Duration LONGEST_WAIT = Duration.ofDays(1);

  private final String name;
  private final int permits;
  private final Time time;
  private final Link link;
  private final Block block;
  private final Handover handover;
  private final Telemetry telemetry;
  private volatile boolean closed;

  DistributedSemaphore(DistributedSemaphoreBuilder builder) {
    name = builder.name;
    permits = builder.permits;
    time = builder.time;
    handover = new Handover(name, builder.executor);
    link = new Link(builder, builder.redis, handover);
    block = link.block;
    telemetry = SemaphoreMeters.register(builder.openTelemetry, name, permits, this::snapshot);
  }

  /**
   * Returns a builder of a semaphore that all instances share.
   *
   * @param name names the semaphore in keys, telemetry and messages: 1 to 64 letters, digits, dots,
   *     dashes and underscores
   * @param redis where the permits are counted; the semaphore does not close it
   */
  public static DistributedSemaphoreBuilder builder(String name, Redis redis) {
    return new DistributedSemaphoreBuilder(name, Checks.notNull(redis, "redis"));
  }

  /**
   * Takes a permit if there is one now. Waits for Redis at most {@code redisTimeout}, and not at
   * all for a permit that is free here or while others wait here.
   *
   * @return nothing if there is none, or Redis does not answer or refuses
   * @throws CancellationException if the thread was interrupted, its flag is set again; or if the
   *     semaphore is closed meanwhile
   */
  public Optional<Permit> tryAcquire() {
    try {
      return Optional.of(acquire(Duration.ZERO));
    } catch (PermitsExhaustedException e) {
      return Optional.empty();
    }
  }

  /**
   * Takes a permit, and waits for it behind those who came before.
   *
   * @param maxWait how long to wait at most, from zero to 1 day; zero is for as long as
   *     {@link #tryAcquire} does
   * @throws PermitsExhaustedException if there was none by then; it says whether Redis failed
   * @throws CancellationException if the thread was interrupted, its flag is set again and the
   *     permit goes to somebody else; or if the semaphore is closed meanwhile
   */
  public Permit acquire(Duration maxWait) {
    checkUsable(maxWait);
    var permit = block.take();
    if (permit != null) {
      return permit;
    }
    var waiter = join(maxWait);
    try {
      return waiter.future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      block.abandon(waiter);
      throw new CancellationException(name + ": interrupted while waiting for a permit");
    } catch (CancellationException e) { // of newer JDKs, with a message of their own
      throw new CancellationException(name + ": the semaphore was closed");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof PermitsExhaustedException refused) {
        throw refused;
      }
      throw new IllegalStateException(name + ": waiting failed", e.getCause());
    }
  }

  /**
   * Takes a permit as {@link #acquire} does, without blocking. The future completes on the
   * executor. To cancel it, or to let it time out, leaves the line.
   */
  public CompletableFuture<Permit> acquireAsync(Duration maxWait) {
    checkUsable(maxWait);
    var permit = block.take();
    if (permit != null) {
      return CompletableFuture.completedFuture(permit);
    }
    var waiter = join(maxWait);
    var result = new CompletableFuture<Permit>();
    handover.follow(waiter.future, result, Permit::close);
    result.whenComplete((got, failure) -> {
      if (failure != null || !waiter.future.isDone()) { // or the caller has completed it itself
        block.abandon(waiter);
      }
    });
    return result;
  }

  /** Returns the numbers of this instance. No round trip. */
  public SemaphoreSnapshot snapshot() {
    return block.snapshot();
  }

  /**
   * Ends the semaphore: calls that wait are cancelled, free permits go back in the background.
   * Permits in use stay valid until they are closed or their lease ends, which is not renewed. Does
   * nothing the second time.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    link.close();
    telemetry.close();
    handover.close();
  }

  @Override
  public String toString() {
    var numbers = snapshot();
    return "DistributedSemaphore["
        + name
        + (closed ? ", closed" : "")
        + block.contact()
        + ", permits="
        + permits
        + ", inUse="
        + numbers.inUse()
        + ", waiting="
        + numbers.waiting()
        + "]";
  }

  private Waiter join(Duration maxWait) {
    var waiter = new Waiter(maxWait);
    block.join(waiter);
    if (waiter.isPatient() && !waiter.future.isDone()) {
      var timer = time.schedule(() -> block.timeOut(waiter), maxWait);
      waiter.future.whenComplete((permit, failure) -> timer.cancel());
    }
    return waiter;
  }

  private void checkUsable(Duration maxWait) {
    Checks.duration("maxWait", maxWait, Duration.ZERO, LONGEST_WAIT);
    if (closed) {
      throw new IllegalStateException(name + ": the semaphore is closed");
    }
  }
}
