package dev.scaling.resilience;

import dev.scaling.testkit.SimulatedOutage.Client;
import dev.scaling.testkit.SimulatedOutage.Sender;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.random.RandomGenerator;

/**
 * A client that sends once more, after a wait, if its policy lets it, and if there is time: at
 * least {@link #LEAST} after the wait.
 */
final class RetryClient implements Client {

  private static final Backoff BACKOFF =
      Backoff.fullJitter(Duration.ofMillis(100), Duration.ofMillis(400));
  private static final Duration LEAST = Duration.ofMillis(50);

  private final VirtualTime time;
  private final RandomGenerator random;
  private final RetryPolicy policy;
  private final Duration deadline;
  private final BiFunction<Sender, Duration, CompletableFuture<Void>> send;

  RetryClient(
      VirtualTime time,
      RandomGenerator random,
      RetryPolicy policy,
      Duration deadline,
      BiFunction<Sender, Duration, CompletableFuture<Void>> send) {
    this.time = time;
    this.random = random;
    this.policy = policy;
    this.deadline = deadline;
    this.send = send;
  }

  @Override
  public CompletableFuture<Void> call(Sender attempt) {
    var call = new Call(attempt, policy.begin(), time.nanoTime() + deadline.toNanos());
    call.send(1);
    return call.result;
  }

  private final class Call {

    private final Sender attempt;
    private final RetryPolicy.Call permission;
    private final long deadlineNanos;
    private final CompletableFuture<Void> result = new CompletableFuture<>();

    Call(Sender attempt, RetryPolicy.Call permission, long deadlineNanos) {
      this.attempt = attempt;
      this.permission = permission;
      this.deadlineNanos = deadlineNanos;
    }

    void send(int number) {
      send.apply(attempt, remaining()).handle((none, failure) -> {
        if (failure == null) {
          permission.succeeded(number);
          result.complete(null);
        } else {
          failed(number, failure);
        }
        return null;
      });
    }

    private void failed(int number, Throwable failure) {
      var wait = Duration.ofNanos(BACKOFF.nanos(number, 0, random));
      boolean hasTime = remaining().minus(wait).compareTo(LEAST) >= 0;
      if (permission.failed(hasTime ? number : RetryPolicy.ATTEMPTS)) { // or else it was the last
        time.schedule(() -> send(number + 1), wait);
      } else {
        result.completeExceptionally(failure);
      }
    }

    private Duration remaining() {
      return Duration.ofNanos(deadlineNanos - time.nanoTime());
    }
  }
}
