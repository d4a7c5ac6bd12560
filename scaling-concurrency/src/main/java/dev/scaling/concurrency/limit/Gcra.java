package dev.scaling.concurrency.limit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.zip.CRC32C;

/** The arithmetic of the limits of one key: numbers in, decision out. */
final class Gcra {

  /*
   * The generic cell rate algorithm [1]. A permit of limit i costs T_i of its time. Its theoretical
   * arrival time TAT_i says how far the permits taken so far reach: it is `now` when a full burst is
   * there, and n permits may be taken if TAT_i + n * T_i <= now + B_i * T_i. So one number is the whole
   * state, it refills by itself, and it may expire when it is past.
   *
   * A horizon h lets permits be taken that are there only by now + h: the permit up to which TAT_i
   * stands is there at TAT_i - B_i * T_i.
   *
   * In any window w at most B_i + w / T_i permits become usable: the first after s needs
   * TAT_i >= s + T_i afterwards, each further one adds T_i, and the last needs TAT_i <= s + w + B_i * T_i.
   *
   * All times are microseconds since the start of 2026, in doubles that are multiples of 1/64: sums,
   * differences and products by integers are exact up to 2^53 / 64 microseconds, which is in 2030;
   * after that they are multiples of 1/32. T_i is rounded up to such a multiple, so that a limit is
   * never exceeded and a rate of 1,000 a second is 0.002 % slower than it says at most.
   *
   * take.lua does the same: GcraIT compares the two on random histories.
   *
   * [1] ITU-T I.371, annex A, https://www.itu.int/rec/T-REC-I.371
   */

  private static final double UNITS_PER_MICRO = 64;

  private final List<String> names;
  private final double[] periods;
  private final double[] reaches;
  private final byte[] layout;

  Gcra(List<String> names, List<RateLimit> limits) {
    this(names, limits, /* parts= */ 1);
  }

  /**
   * Creates the arithmetic of one of some equal parts of the limits: of the rate, and of the burst,
   * which is at least 1.
   */
  Gcra(List<String> names, List<RateLimit> limits, int parts) {
    this.names = List.copyOf(names);
    int count = limits.size();
    periods = new double[count];
    reaches = new double[count];
    var packed = ByteBuffer.allocate(12 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      var limit = limits.get(i);
      long units = ceilDiv(limit.period().toNanos() * (long) UNITS_PER_MICRO, 1_000);
      periods[i] = ceilDiv(units, limit.permits()) * parts / UNITS_PER_MICRO;
      reaches[i] = periods[i] * Math.max(1, limit.burst() / parts);
      packed.putInt(id(names.get(i))).putDouble(periods[i]);
    }
    layout = packed.array();
  }

  private static long ceilDiv(long dividend, long divisor) {
    return (dividend + divisor - 1) / divisor;
  }

  private static int id(String name) {
    var crc = new CRC32C();
    crc.update(name.getBytes(UTF_8));
    return (int) crc.getValue();
  }

  int limits() {
    return periods.length;
  }

  String name(int limit) {
    return names.get(limit);
  }

  /** Returns ids and microseconds a permit as they stand in the state of a key. */
  byte[] layout() {
    return layout.clone();
  }

  /** Returns how far a limit may run ahead of the clock. */
  double reach(int limit) {
    return reaches[limit];
  }

  /** Brings TATs to where they count: not before now, and not later than calls can have taken. */
  void settle(double[] tats, double now, double longestHorizon) {
    for (int i = 0; i < periods.length; i++) {
      double latest = now + reaches[i] + longestHorizon;
      tats[i] = tats[i] > latest ? latest : Math.max(tats[i], now);
    }
  }

  /** Returns how many of some calls fit, each of the same cost. */
  long fit(double[] tats, double now, long cost, long calls, double horizon) {
    double most = calls;
    for (int i = 0; i < periods.length; i++) {
      most = Math.min(most, fitOf(i, tats[i], now, cost, horizon));
    }
    return (long) most;
  }

  private double fitOf(int limit, double tat, double now, long cost, double horizon) {
    double room = now + reaches[limit] + horizon - tat;
    double fit = Math.floor(room / (periods[limit] * cost));
    if (fit * cost * periods[limit] > room) {
      fit--;
    }
    return Math.max(fit, 0);
  }

  void take(double[] tats, long permits) {
    for (int i = 0; i < periods.length; i++) {
      tats[i] += permits * periods[i];
    }
  }

  /** Takes what fits of an ask, and returns how many of its calls; a debt has none. */
  long take(double[] tats, double now, Ask ask) {
    if (ask.isDebt()) {
      takeDebt(tats, now, ask.calls);
      return 0;
    }
    long calls = fit(tats, now, ask.cost, ask.calls, ask.horizonMicros);
    take(tats, calls * ask.cost);
    return calls;
  }

  /**
   * Takes permits that were given out already: from each limit, whatever the others have, up to
   * where nothing is left of it.
   */
  void takeDebt(double[] tats, double now, long permits) {
    for (int i = 0; i < periods.length; i++) {
      double room = now + reaches[i] - tats[i];
      tats[i] += Math.max(0, Math.min(permits * periods[i], room));
    }
  }

  /** Returns when the last permit that was taken is there. */
  double usableAt(double[] tats) {
    double latest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < periods.length; i++) {
      latest = Math.max(latest, tats[i] - reaches[i]);
    }
    return latest;
  }

  /** Returns when so many more permits would be there. */
  double usableAt(double[] tats, long permits) {
    int limit = limiting(tats, permits);
    return tats[limit] + permits * periods[limit] - reaches[limit];
  }

  /** Returns the limit that such a call would have to wait for the longest. */
  int limiting(double[] tats, long permits) {
    int limiting = 0;
    double latest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < periods.length; i++) {
      double at = tats[i] + permits * periods[i] - reaches[i];
      if (at > latest) {
        latest = at;
        limiting = i;
      }
    }
    return limiting;
  }

  /**
   * Returns the limit with the fewest permits left; of several the one that is slow to have more.
   */
  int scarcest(double[] tats, double now) {
    int scarcest = limiting(tats, 1);
    double fewest = fitOf(scarcest, tats[scarcest], now, /* cost= */ 1, /* horizon= */ 0);
    for (int i = 0; i < periods.length; i++) {
      double left = fitOf(i, tats[i], now, /* cost= */ 1, /* horizon= */ 0);
      if (left < fewest) {
        fewest = left;
        scarcest = i;
      }
    }
    return scarcest;
  }

  /** Returns how many permits the slowest limit refills in some time. */
  double mostIn(double micros) {
    double most = Double.POSITIVE_INFINITY;
    for (double period : periods) {
      most = Math.min(most, micros / period);
    }
    return most;
  }

  /** Returns how many permits could be taken now. */
  long remaining(double[] tats, double now) {
    return fit(tats, now, /* cost= */ 1, Long.MAX_VALUE, /* horizon= */ 0);
  }
}
