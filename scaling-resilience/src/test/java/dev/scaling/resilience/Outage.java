package dev.scaling.resilience;

import dev.scaling.testkit.SimulatedOutage;
import dev.scaling.testkit.SimulatedOutage.Client;
import dev.scaling.testkit.SimulatedOutage.Report;
import dev.scaling.testkit.SimulatedOutage.Sender;
import dev.scaling.testkit.SimulatedOutageBuilder;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/**
 * The outage of the study: a hundred clients, three attempts a call, a server that is too slow for
 * ten seconds. Runs with the same seed get the same calls, whatever their clients do.
 *
 * @param perSecond calls
 * @param settings of the simulation, beside that
 * @param deadline of a call
 * @param tells whether attempts tell the server what is left until then
 */
record Outage(
    double perSecond,
    int seed,
    UnaryOperator<SimulatedOutageBuilder> settings,
    Duration deadline,
    boolean tells) {

  /** Clients whose deadline is of no importance, and a server that serves all that comes. */
  static Outage at(double perSecond, int seed) {
    return new Outage(perSecond, seed, all -> all, Duration.ofSeconds(10), /* tells= */ false);
  }

  Outage with(UnaryOperator<SimulatedOutageBuilder> more) {
    return new Outage(perSecond, seed, all -> more.apply(settings.apply(all)), deadline, tells);
  }

  Outage deadline(Duration deadline, boolean tells) {
    return new Outage(perSecond, seed, settings, deadline, tells);
  }

  /** Runs it with a policy of each client's own. */
  Report withEach(Function<VirtualTime, RetryPolicy> policy) {
    return run((time, random) -> () -> client(time, random, policy.apply(time)));
  }

  /** Runs it with a policy that all clients share. */
  Report withShared(Function<VirtualTime, RetryPolicy> policy) {
    return run((time, random) -> {
      var one = client(time, random, policy.apply(time));
      return () -> one;
    });
  }

  /** Runs it with a pipeline that all clients share. */
  Report withPipeline(UnaryOperator<RetryBudgetBuilder> budget) {
    return run((time, random) -> {
      var pipeline = Resilience.builder("outage")
          .deadline(deadline)
          .retry(budget.apply(RetryBudget.builder("outage").time(time)).build())
          .executor(Runnable::run)
          .time(time)
          .random(random)
          .build();
      return () -> sender -> pipeline.callAsync(attempt -> send(sender, attempt.remaining()));
    });
  }

  private Client client(VirtualTime time, RandomGenerator random, RetryPolicy policy) {
    return new RetryClient(time, random, policy, deadline, this::send);
  }

  private CompletableFuture<Void> send(Sender sender, Duration remaining) {
    return tells ? sender.send(remaining) : sender.get();
  }

  private Report run(Clients clients) {
    var time = new VirtualTime();
    return settings
        .apply(SimulatedOutage.builder(time, new Random(seed)).perSecond(perSecond))
        .run(clients.of(time, new Random(100 + seed)));
  }

  private interface Clients {

    Supplier<Client> of(VirtualTime time, RandomGenerator random);
  }
}
