package dev.scaling.resilience;

import dev.scaling.testkit.SimulatedOutage.Client;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** A client that sends once more, after a wait, if its policy lets it. */
final class RetryClient implements Client {

  private static final Backoff BACKOFF =
      Backoff.fullJitter(Duration.ofMillis(100), Duration.ofMillis(400));

  private final VirtualTime time;
  private final RandomGenerator random;
  private final RetryPolicy policy;

  RetryClient(VirtualTime time, RandomGenerator random, RetryPolicy policy) {
    this.time = time;
    this.random = random;
    this.policy = policy;
  }

  @Override
  public CompletableFuture<Void> call(Supplier<CompletableFuture<Void>> attempt) {
    var result = new CompletableFuture<Void>();
    send(attempt, policy.begin(), 1, result);
    return result;
  }

  private void send(
      Supplier<CompletableFuture<Void>> attempt,
      RetryPolicy.Call call,
      int number,
      CompletableFuture<Void> result) {
    attempt.get().handle((none, failure) -> {
      if (failure == null) {
        call.succeeded(number);
        result.complete(null);
      } else if (call.failed(number)) {
        var wait = Duration.ofNanos(BACKOFF.nanos(number, 0, random));
        time.schedule(() -> send(attempt, call, number + 1, result), wait);
      } else {
        result.completeExceptionally(failure);
      }
      return null;
    });
  }
}
