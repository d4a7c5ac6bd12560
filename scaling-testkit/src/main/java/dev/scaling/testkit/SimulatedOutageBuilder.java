package dev.scaling.testkit;

import dev.scaling.core.internal.Checks;
import dev.scaling.testkit.SimulatedOutage.Client;
import dev.scaling.testkit.SimulatedOutage.Report;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** Sets a {@link SimulatedOutage} up. Not safe for use by many threads. */
public final class SimulatedOutageBuilder {

  static final int BEFORE_SECONDS = 30; // so that windows and budgets are as they usually are

  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration HOUR = Duration.ofHours(1);

  final VirtualTime time;
  final RandomGenerator random;
  double perSecond = 700;
  double capacityPerSecond = 1_000;
  int workers = 10;
  double troubleRatio = 0.2;
  int troubleSeconds = 10;
  int afterSeconds = 160;
  Duration timeout = Duration.ofMillis(500);
  boolean dropsLateWork;
  private int clients = 100;

  SimulatedOutageBuilder(VirtualTime time, RandomGenerator random) {
    this.time = Checks.notNull(time, "time");
    this.random = Checks.notNull(random, "random");
  }

  /**
   * Sets how many calls come a second, over all clients.
   *
   * @param perSecond from 1 to 1,000,000; the default is 700
   */
  public SimulatedOutageBuilder perSecond(double perSecond) {
    this.perSecond = rate("perSecond", perSecond);
    return this;
  }

  /**
   * Sets how many attempts the server does a second when it is well.
   *
   * @param capacityPerSecond from 1 to 1,000,000; the default is 1,000
   */
  public SimulatedOutageBuilder capacityPerSecond(double capacityPerSecond) {
    this.capacityPerSecond = rate("capacityPerSecond", capacityPerSecond);
    return this;
  }

  /**
   * Sets how many attempts the server does at a time.
   *
   * @param workers from 1 to 10,000; the default is 10
   */
  public SimulatedOutageBuilder workers(int workers) {
    this.workers = (int) Checks.range("workers", workers, 1, 10_000);
    return this;
  }

  /**
   * Sets the trouble: which part of its capacity is left, and for how long.
   *
   * @param ratio above 0 to 1; the default is 0.2
   * @param length from 1 second to 1 hour, in whole seconds; the default is 10 seconds
   */
  public SimulatedOutageBuilder trouble(double ratio, Duration length) {
    Checks.argument(ratio > 0 && ratio <= 1, "ratio must be in (0, 1]: %s", ratio);
    troubleSeconds = (int) Checks.duration("length", length, SECOND, HOUR).toSeconds();
    troubleRatio = ratio;
    return this;
  }

  /**
   * Sets how long to look for a recovery after the trouble.
   *
   * @param after from 10 seconds to 1 hour, in whole seconds; the default is 160 seconds
   */
  public SimulatedOutageBuilder after(Duration after) {
    afterSeconds =
        (int) Checks.duration("after", after, SECOND.multipliedBy(10), HOUR).toSeconds();
    return this;
  }

  /**
   * Sets how long a client waits for the reply to an attempt at most.
   *
   * @param timeout from 1 millisecond to 1 hour; the default is 500 milliseconds
   */
  public SimulatedOutageBuilder timeout(Duration timeout) {
    this.timeout = Checks.duration("timeout", timeout, Duration.ofMillis(1), HOUR);
    return this;
  }

  /**
   * Sets whether the server drops an attempt that nobody waits for any more, before a worker takes
   * it: each attempt tells it for how long its caller waits. The order stays that of their coming,
   * and that alone saves nobody: what is served then is what is about to be over, and if retries
   * are not bounded, most is done in vain.
   *
   * @param dropsLateWork the default is false: it serves all that comes
   */
  public SimulatedOutageBuilder dropsLateWork(boolean dropsLateWork) {
    this.dropsLateWork = dropsLateWork;
    return this;
  }

  /**
   * Sets how many clients there are.
   *
   * @param clients from 1 to 100,000; the default is 100
   */
  public SimulatedOutageBuilder clients(int clients) {
    this.clients = (int) Checks.range("clients", clients, 1, 100_000);
    return this;
  }

  /**
   * Lets it come and go, and says how it went. Takes the time that it simulates: half a minute, the
   * trouble, and what comes after.
   *
   * @param client makes a client; the same one each time for what all of them share
   */
  public Report run(Supplier<Client> client) {
    Checks.notNull(client, "client");
    List<Client> all = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      all.add(Checks.notNull(client.get(), "client"));
    }
    return new SimulatedOutage(this, all).run();
  }

  private static double rate(String what, double rate) {
    Checks.argument(rate >= 1 && rate <= 1e6, what + " must be in [1, 1000000]: %s", rate);
    return rate;
  }
}
