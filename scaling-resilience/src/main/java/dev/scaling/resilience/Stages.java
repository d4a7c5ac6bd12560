package dev.scaling.resilience;

/** The stages of a pipeline in words. */
final class Stages {

  private Stages() {}

  static String explain(Resilience pipeline) {
    var text =
        new StringBuilder(pipeline.name).append(": fallback > deadline ").append(pipeline.deadline);
    if (pipeline.throttle.throttle != null) {
      text.append(" > throttle");
    }
    if (pipeline.retry != null) {
      text.append(" > retry, at most ")
          .append(pipeline.retry.attempts())
          .append(" attempts, paid by ")
          .append(pipeline.retry.budget().name());
    }
    if (pipeline.hedge != null) {
      text.append(" > hedge after the quantile ").append(pipeline.hedge.quantile());
    }
    if (pipeline.gate.breaker != null) {
      text.append(" > breaker");
    }
    if (pipeline.gate.slots != null) {
      text.append(" > bulkhead of ").append(pipeline.gate.slots.limit());
    }
    if (pipeline.attemptTimeout != null) {
      text.append(" > attempt timeout ").append(pipeline.attemptTimeout);
    }
    return text.append(" > call").toString();
  }
}
