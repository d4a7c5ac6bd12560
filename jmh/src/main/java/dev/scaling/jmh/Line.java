package dev.scaling.jmh;

import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One measure of a comparison.
 *
 * @param id the comparison's
 * @param measure what was measured, and against whom
 * @param unit of both readings
 * @param peer the peer's reading, or null if there is no peer
 */
record Line(
    String id,
    String measure,
    String unit,
    double ours,
    @Nullable Double peer,
    Goal goal) {

  static final String HEADER = row("ID", "measure", "ours", "peer", "unit", "ratio", "goal", "");

  @Override
  public String toString() {
    return row(
        id,
        measure,
        number(ours),
        peer == null ? "-" : number(peer),
        unit,
        peer == null || peer == 0 ? "-" : String.format(Locale.ROOT, "%.3fx", ours / peer),
        goal.text,
        goal.verdict(this));
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 1_000 ? "%.2f" : "%.0f", value);
  }

  private static String row(Object... cells) {
    return String.format(Locale.ROOT, "%-28s %-30s %10s %10s %-6s %8s  %-10s %s", cells)
        .stripTrailing();
  }

  /** What a line should show. */
  static final class Goal {

    private final String text;
    private final Predicate<Line> rule;

    private Goal(String text, Predicate<Line> rule) {
      this.text = text;
      this.rule = rule;
    }

    static Goal ratioAtMost(double most) {
      return new Goal(
          "<= " + most + "x", line -> line.peer != null && line.ours <= most * line.peer);
    }

    static Goal ratioAtLeast(double least) {
      return new Goal(
          ">= " + least + "x", line -> line.peer != null && line.ours >= least * line.peer);
    }

    static Goal atLeast(double least) {
      return new Goal(">= " + least, line -> line.ours >= least);
    }

    static Goal atMost(double most) {
      return new Goal("<= " + most, line -> line.ours <= most);
    }

    static Goal addsAtMost(double most) {
      return new Goal("<= +" + most, line -> line.peer != null && line.ours - line.peer <= most);
    }

    /** Is no goal: the line shows what bounds another one. */
    static Goal none() {
      return new Goal("-", line -> true);
    }

    /** Is met by a mean that rounds to a whole number. */
    static Goal roundsTo(long value) {
      return new Goal("~ " + value, line -> Math.round(line.ours) == value);
    }

    /** Is met by an exact number, but for rounding below a thousandth. */
    static Goal exactly(double value) {
      return new Goal("= " + value, line -> Math.abs(line.ours - value) < 1e-3);
    }

    private String verdict(Line line) {
      if (text.equals("-")) {
        return "";
      }
      return rule.test(line) ? "PASS" : "SHORT";
    }
  }
}
