package dev.scaling.jmh;

import dev.scaling.jmh.Line.Goal;
import dev.scaling.resilience.Resilience;
import dev.scaling.resilience.RetryBudget;
import java.util.List;

/** What a call pays for a pipeline around it, when all goes well. */
final class Pipelines {

  private static final Long VALUE = 1L;

  private Pipelines() {}

  /** A call with a deadline and a retry, beside the work and one reading of the clock. */
  static List<Line> overhead(Lab lab, String id, Effort effort) throws Exception {
    var budget = lab.opened(RetryBudget.create("bench"));
    var pipeline = lab.opened(Resilience.builder("bench").retry(budget).build());
    Sides.Loop ours = calls -> {
      for (int i = 0; i < calls; i++) {
        LocalHits.present(pipeline.call(() -> VALUE));
      }
    };
    Sides.Loop bare = calls -> {
      for (int i = 0; i < calls; i++) {
        LocalHits.present(System.nanoTime() == 0 ? null : VALUE);
      }
    };
    var time = Duel.between(effort, Sides.nanosPerCall(ours), Sides.nanosPerCall(bare));
    var bytes = Duel.between(effort, Sides.bytesPerCall(ours), Sides.bytesPerCall(bare));
    return List.of(
        new Line(id, "retry, success / a clock read", "ns", time.ours(), time.peer(), Goal.none()),
        new Line(id, "retry, success: allocated", "B", bytes.ours(), null, Goal.roundsTo(0)));
  }
}
