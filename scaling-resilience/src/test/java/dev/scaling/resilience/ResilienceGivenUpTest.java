package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.scaling.core.Time;
import dev.scaling.resilience.Attempt.Kind;
import dev.scaling.testkit.VirtualTime;
import io.github.resilience4j.bulkhead.Bulkhead;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls that end at an awkward moment: while an attempt is let in, or where there is no thread. */
@Timeout(60)
final class ResilienceGivenUpTest {

  private static final Duration USUAL = Duration.ofMillis(10);
  private static final Duration TRIGGER = Duration.ofMillis(11);
  private static final Duration LIMIT = Duration.ofMillis(300);

  private final VirtualTime time = new VirtualTime();
  private final RetryBudget budget =
      RetryBudget.builder("payments").inFlightMinimum(100).time(time).build();
  private final List<CompletableFuture<String>> replies = new ArrayList<>();
  private final List<Kind> kinds = new ArrayList<>();

  @Test
  void hedgeThatIsLetInWhenTheFirstHasFailed_isNotSent() {
    var bulkhead = Bulkhead.ofDefaults("slow");
    var orders = Resilience.builder("orders")
        .retry(budget, retry -> retry.backoff(Backoff.fixed(LIMIT)))
        .idempotent()
        .hedge(budget)
        .bulkhead(bulkhead)
        .executor(Runnable::run)
        .time(time)
        .build();
    for (int i = 0; i < 200; i++) {
      var reply = new CompletableFuture<String>();
      orders.callAsync(attempt -> reply);
      time.advance(USUAL);
      reply.complete("done");
    }
    var letIn = new AtomicInteger();
    bulkhead.getEventPublisher().onCallPermitted(event -> {
      if (letIn.incrementAndGet() == 2) {
        replies.get(0).completeExceptionally(new IOException("one"));
      }
    });
    var result = orders.callAsync(this::attempt);
    time.advance(TRIGGER);
    time.advance(LIMIT);
    replies.get(1).complete("done");

    assertThat(kinds).containsExactly(Kind.INITIAL, Kind.RETRY);
    assertThat(result).isCompletedWithValue("done");
    assertThat(budget.snapshot().inFlight()).isZero();
    assertThat(orders.snapshot().bulkheadUsage()).isZero();
  }

  @Test
  void attemptThatIsGivenUpBeforeItBegins_isNotBegun() {
    var timers = new HookedTime(time);
    var orders = Resilience.builder("orders")
        .retry(budget, retry -> retry.backoff(Backoff.fixed(LIMIT)))
        .attemptTimeout(LIMIT)
        .executor(Runnable::run)
        .time(timers)
        .build();
    var result = orders.callAsync(this::attempt);
    replies.get(0).completeExceptionally(new IOException("one"));
    timers.whenScheduled = () -> result.cancel(true); // the timer of the second attempt
    time.advance(LIMIT);

    assertThat(result).isCancelled();
    assertThat(kinds).containsExactly(Kind.INITIAL);
    assertThat(budget.snapshot().inFlight()).isZero();
  }

  @Test
  void callsThatFillTheirExecutor_endAtTheirLimitAllTheSame() throws Exception {
    var one = Executors.newFixedThreadPool(1);
    var orders = Resilience.builder("orders")
        .idempotent()
        .hedge(budget)
        .attemptTimeout(LIMIT)
        .executor(one)
        .time(time)
        .build();
    var inside = new CountDownLatch(1);
    var ticking = new Thread(() -> {
      try {
        inside.await();
        time.advance(LIMIT);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    });
    ticking.start();

    assertThatExceptionOfType(Attempt.TimedOutException.class)
        .isThrownBy(() -> orders.call(() -> {
          inside.countDown();
          new CountDownLatch(1).await(); // for ever
          return "never";
        }));
    ticking.join();
    one.shutdown();
  }

  @Test
  void fallbackThatIsInterrupted_keepsTheFlag() {
    var orders = Resilience.builder("orders").time(time).build();

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> orders.call(
            attempt -> {
              throw new IOException("one");
            },
            failure -> {
              throw new InterruptedException();
            }));

    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void pipelinesOfOneBuilder_shareNoPlaces() {
    var builder =
        Resilience.builder("orders").bulkhead(1).executor(Runnable::run).time(time);
    var one = builder.build();
    var two = builder.build();
    one.callAsync(this::attempt);

    assertThat(two.callAsync(attempt -> CompletableFuture.completedFuture("done")))
        .isCompletedWithValue("done");
    assertThat(one.callAsync(this::attempt)).isCompletedExceptionally();
  }

  private CompletableFuture<String> attempt(Attempt attempt) {
    kinds.add(attempt.kind());
    var reply = new CompletableFuture<String>();
    replies.add(reply);
    return reply;
  }

  /** Does something once, as soon as a timer is set. */
  private static final class HookedTime implements Time {

    private final Time timers;
    private Runnable whenScheduled = () -> {};

    HookedTime(Time timers) {
      this.timers = timers;
    }

    @Override
    public long nanoTime() {
      return timers.nanoTime();
    }

    @Override
    public long currentTimeMillis() {
      return timers.currentTimeMillis();
    }

    @Override
    public Cancellable schedule(Runnable task, Duration delay) {
      var timer = timers.schedule(task, delay);
      whenScheduled.run();
      return timer;
    }
  }
}
