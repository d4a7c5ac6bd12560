package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.scaling.resilience.context.CallContext;
import dev.scaling.resilience.context.RetryHint;
import dev.scaling.testkit.VirtualTime;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Random schedules of calls through all stages: however they end, nothing is left of them. */
final class ResilienceLeakTest {

  private static final int PLACES = 6;

  @Test
  void callsThatEndAnyhow_leaveNoPermit_noToken_andNoTimer() {
    IntStream.range(0, 400).forEach(seed -> new Schedule(seed, bulkhead()).run());
  }

  @Test
  void control_aPlaceThatIsNotGivenBack_isNoticed() {
    assertThatThrownBy(() -> IntStream.range(0, 100).forEach(seed -> {
          var bulkhead = bulkhead();
          bulkhead.tryAcquirePermission();
          new Schedule(seed, bulkhead).run();
        }))
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void control_anAttemptThatIsNotEnded_isNoticed() {
    assertThatThrownBy(() -> IntStream.range(0, 100).forEach(seed -> {
          var schedule = new Schedule(seed, bulkhead());
          schedule.budget.tryWithdraw(RetryBudget.TRANSIENT);
          schedule.run();
        }))
        .isInstanceOf(AssertionError.class);
  }

  private static Bulkhead bulkhead() {
    return Bulkhead.of("b", BulkheadConfig.custom().maxConcurrentCalls(PLACES).build());
  }

  private static final class Schedule {

    private final int seed;
    private final Random random;
    private final VirtualTime time = new VirtualTime();
    private final RetryBudget budget =
        RetryBudget.builder("b").inFlightMinimum(5).burst(20).time(time).build();
    private final Bulkhead bulkhead;
    private final Resilience pipeline;
    private final List<CompletableFuture<String>> replies = new ArrayList<>();
    private final List<CompletableFuture<String>> results = new ArrayList<>();

    Schedule(int seed, Bulkhead bulkhead) {
      this.seed = seed;
      this.bulkhead = bulkhead;
      random = new Random(seed);
      pipeline = Resilience.builder("b")
          .deadline(Duration.ofSeconds(2))
          .throttle(failure -> failure instanceof TimeoutException)
          .retry(budget, retry -> retry.hint(failure -> hint()).retryable(failure -> isRetryable()))
          .idempotent()
          .hedge(budget, hedge -> hedge.quantile(0.5).maximumExtraLoad(1))
          .breaker(breaker -> breaker.minimumCalls(10).probes(2))
          .bulkhead(bulkhead)
          .attemptTimeout(Duration.ofMillis(400))
          .executor(Runnable::run)
          .random(random)
          .time(time)
          .build();
    }

    void run() {
      for (int i = 0; i < 300; i++) {
        call();
        for (int k = random.nextInt(4); k > 0; k--) {
          end();
        }
        time.advance(Duration.ofMillis(random.nextInt(40)));
      }
      replies.clear(); // who has not been answered never is
      time.advance(Duration.ofSeconds(2));

      assertThat(results)
          .as("seed %d", seed)
          .allSatisfy(each -> assertThat(each).isDone());
      assertThat(budget.snapshot().callsUnderWay()).as("seed %d: calls", seed).isZero();
      assertThat(budget.snapshot().inFlight()).as("seed %d: tokens", seed).isZero();
      assertThat(bulkhead.getMetrics().getAvailableConcurrentCalls())
          .as("seed %d: places", seed)
          .isEqualTo(PLACES);
      assertThat(time.pending()).as("seed %d: timers", seed).isZero();
      assertThat(pipeline.snapshot().calls()).isEqualTo(results.size());
    }

    private void call() {
      var context = switch (random.nextInt(6)) {
        case 0 -> CallContext.none().withoutRetry();
        case 1 -> CallContext.none().within(Duration.ofMillis(random.nextInt(500)), time);
        default -> CallContext.none();
      };
      results.add(pipeline.callAsync(context, attempt -> {
        if (random.nextInt(20) == 0) {
          throw new IOException("thrown");
        }
        if (random.nextInt(20) == 0) {
          attempt.onCancel(() -> {
            throw new IllegalStateException("in the callback");
          });
        }
        var reply = new CompletableFuture<String>();
        replies.add(reply);
        return reply;
      }));
    }

    private void end() {
      if (replies.isEmpty()) {
        return;
      }
      var reply = replies.remove(random.nextInt(replies.size()));
      switch (random.nextInt(12)) {
        case 0 -> reply.completeExceptionally(new IOException("failed"));
        case 1 -> reply.completeExceptionally(new TimeoutException("busy"));
        case 2 -> reply.completeExceptionally(new AssertionError("an error"));
        case 3 -> reply.cancel(true);
        case 4 -> results.get(random.nextInt(results.size())).cancel(true);
        default -> reply.complete("done");
      }
    }

    private RetryHint hint() {
      return switch (random.nextInt(10)) {
        case 0 -> RetryHint.never();
        case 1 -> RetryHint.after(Duration.ofMillis(random.nextInt(100)));
        case 2 -> throw new IllegalStateException("in the hint");
        default -> RetryHint.unknown();
      };
    }

    private boolean isRetryable() {
      if (random.nextInt(20) == 0) {
        throw new IllegalStateException("in the classifier");
      }
      return random.nextInt(5) > 0;
    }
  }
}
