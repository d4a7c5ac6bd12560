package dev.scaling.resilience;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Instances that share a budget, in one random history: good times, failures, outages; instances
 * that crash, end and come; a Redis that is slow, silent, stopped, emptied and failed over. An
 * oracle compares what failed retries cost with what has paid for them.
 */
final class Fleet {

  private static final int SIZE = 5;
  private static final int BURST = 50;
  private static final double RATIO = 0.1;
  private static final double PER_SECOND = 0.5;

  /** A success counts that late: a second, or as long as Redis was stopped, and on the way. */
  private static final long LATE_NANOS = Duration.ofMillis(1_000 + 2_000 + 300).toNanos();

  /** By how much failed retries exceed what came in since the beginning. */
  double worstOfAll = Double.NEGATIVE_INFINITY;

  /** By how much they exceed the burst and what came in, over some period. */
  double worstOfPeriods = Double.NEGATIVE_INFINITY;

  int granted;
  int drawn;

  private final Random random;
  private final VirtualTime time = new VirtualTime();
  private final SimulatedPool pool;
  private final @Nullable BrokenShare mistake;
  private final List<RetryBudget> members = new ArrayList<>();
  private final List<Retry> underWay = new ArrayList<>();
  private final Deque<Moment> recent = new ArrayDeque<>();
  private final double[] successRatios = new double[SIZE];
  private double spent; // by retries that failed or have not ended
  private double paidIn;
  private double refunded;
  private double leastStart = Double.POSITIVE_INFINITY;

  Fleet(long seed, @Nullable BrokenShare mistake) {
    this.mistake = mistake;
    random = new Random(seed);
    pool = new SimulatedPool(time, random);
    if (mistake != null) {
      mistake.set(pool);
    }
    for (int i = 0; i < SIZE; i++) {
      members.add(member());
      successRatios[i] = 1;
    }
  }

  void run(int steps) {
    for (int i = 0; i < steps; i++) {
      time.advance(Duration.ofMillis(random.nextInt(40)));
      begin();
      disturb();
      call(random.nextInt(SIZE));
      end();
    }
    drawn = pool.calls;
  }

  private RetryBudget member() {
    var redis = pool.redis();
    var builder = RetryBudget.builder("fleet")
        .shared(mistake == null ? redis : mistake.around(redis))
        .instances(SIZE)
        .burst(BURST)
        .ratio(RATIO)
        .minimumPerSecond(PER_SECOND)
        .redisTimeout(SimulatedPool.TIMEOUT)
        .inFlightMinimum(1_000)
        .time(time);
    if (mistake != null) {
      mistake.set(builder);
    }
    return builder.build();
  }

  /** Notes where a period may begin: what came in just before may count in it. */
  private void begin() {
    long now = time.nanoTime();
    var moment = new Moment(now, paidIn + refunded);
    recent.add(moment);
    while (now - recent.getFirst().nanos > LATE_NANOS) {
      recent.removeFirst();
    }
    double late = moment.income - recent.getFirst().income;
    leastStart = Math.min(leastStart, excess() + late);
  }

  private double excess() {
    return spent - paidIn - PER_SECOND * time.nanoTime() / 1e9;
  }

  private void disturb() {
    int at = random.nextInt(SIZE);
    switch (random.nextInt(400)) {
      case 0, 1 -> Arrays.fill(successRatios, 1);
      case 2, 3 -> Arrays.fill(successRatios, 0);
      case 4, 5 -> Arrays.setAll(successRatios, i -> random.nextDouble());
      case 17, 18 -> successRatios[at] = 0.8 + 0.2 * random.nextDouble();
      case 6 -> pool.lossRatio = random.nextInt(3) * 0.2;
      case 7 -> stop();
      case 8 -> pool.forget();
      case 9 -> paidIn += pool.failOver(PER_SECOND * 1e6) / 1e6;
      case 10 -> members.set(at, member()); // and what the last one had is lost
      case 11 -> {
        members.get(at).close();
        members.set(at, member());
      }
      case 12, 13, 14, 15 -> pool.replicate();
      case 16 -> {
        if (Arrays.stream(successRatios).allMatch(ratio -> ratio == 1)) {
          prosper();
        }
      }
      default -> {}
    }
  }

  private void stop() {
    if (!pool.isStopped) {
      pool.isStopped = true;
      time.schedule(pool::resume, Duration.ofMillis(random.nextInt(2_000)));
    }
  }

  /** All is well for a minute, and nothing is retried. */
  private void prosper() {
    for (RetryBudget member : members) {
      succeed(member, 1_000);
    }
    time.advance(Duration.ofMinutes(1));
  }

  private void call(int at) {
    var member = members.get(at);
    for (int i = random.nextInt(40); i > 0; i--) {
      if (random.nextDouble() < successRatios[at]) {
        succeed(member, 1);
      } else {
        retry(at);
      }
    }
  }

  private void succeed(RetryBudget member, int calls) {
    paidIn += RATIO * calls;
    for (int i = 0; i < calls; i++) {
      member.begin();
      member.end(/* isFirstSuccess= */ true);
    }
  }

  private void retry(int at) {
    double cost = random.nextInt(5) == 0 ? RetryBudget.TIMEOUT : RetryBudget.TRANSIENT;
    var withdrawal = members.get(at).tryWithdraw(cost);
    if (withdrawal != null) {
      granted++;
      spent += cost;
      underWay.add(new Retry(withdrawal, cost, at));
      worstOfAll = Math.max(worstOfAll, excess());
      worstOfPeriods = Math.max(worstOfPeriods, excess() - leastStart - BURST);
    }
  }

  private void end() {
    while (!underWay.isEmpty() && random.nextInt(4) > 0) {
      var retry = underWay.remove(random.nextInt(underWay.size()));
      if (random.nextDouble() < successRatios[retry.at]) {
        spent -= retry.cost;
        refunded += retry.cost;
        retry.withdrawal.succeeded();
      } else {
        retry.withdrawal.failed();
      }
    }
  }

  private record Moment(long nanos, double income) {}

  private record Retry(RetryBudget.Withdrawal withdrawal, double cost, int at) {}
}
