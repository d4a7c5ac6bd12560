package dev.scaling.concurrency.adaptive;

import dev.scaling.testkit.SimulatedLoad;
import dev.scaling.testkit.SimulatedLoad.Gate;
import dev.scaling.testkit.SimulatedServer;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.AfterEach;

/**
 * Limits in front of a server with ten workers for each instance, each good for a hundred requests
 * a second. Half as many again come. A limit of 12, set by somebody who knew all this, brings 0.955
 * of the capacity at a median of 8 milliseconds.
 */
abstract class AdaptiveSimulation {

  static final double CAPACITY = 1_000; // requests a second for each instance
  static final double OVERLOAD = 1.5;
  static final Duration SERVICE = Duration.ofMillis(10);
  static final Duration MINUTE = Duration.ofMinutes(1);

  final VirtualTime time = new VirtualTime();
  final List<AdaptiveLimit> limits = new ArrayList<>();
  SplittableRandom random = new SplittableRandom(1);
  SimulatedServer server = server(1);

  @AfterEach
  void end() {
    limits.forEach(AdaptiveLimit::close);
  }

  final AdaptiveLimitBuilder builder() {
    return AdaptiveLimit.builder("server").time(time).executor(Runnable::run).maximumWaiting(0);
  }

  final AdaptiveLimit limit(AdaptiveLimitBuilder builder) {
    var limit = builder.build();
    limits.add(limit);
    return limit;
  }

  final SimulatedServer server(int instances) {
    return new SimulatedServer(time, 10 * instances, SimulatedServer.exponential(random, SERVICE));
  }

  final SimulatedLoad load(double share, Gate... gates) {
    return new SimulatedLoad(time, random, server, share * CAPACITY, List.of(gates));
  }

  static double mean(SimulatedLoad load, IntSupplier value) {
    double sum = 0;
    for (int i = 0; i < 60; i++) {
      load.run(Duration.ofSeconds(1));
      sum += value.getAsInt();
    }
    return sum / 60;
  }

  static Gate gate(AdaptiveLimit limit) {
    return start -> limit.tryAcquire().ifPresent(permit -> start.accept(permit::success));
  }
}
