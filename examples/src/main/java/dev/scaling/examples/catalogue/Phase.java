package dev.scaling.examples.catalogue;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * What some requests came to.
 *
 * @param reads how many of the requests were reads
 * @param errors requests that were not answered with what was asked for
 * @param bounded reads of a product with an update that had returned more than the bound before
 * @param tooOld those of them that showed what was before that update
 * @param micros how long the reads took, as the client saw it
 * @param stats what the instances counted meanwhile
 */
record Phase(
    long requests,
    long reads,
    long errors,
    long bounded,
    long tooOld,
    Histogram micros,
    Stats stats) {

  Phase plus(Phase other) {
    var sum = micros.copy();
    sum.add(other.micros);
    return new Phase(
        requests + other.requests,
        reads + other.reads,
        errors + other.errors,
        bounded + other.bounded,
        tooOld + other.tooOld,
        sum,
        stats.plus(other.stats));
  }

  /** Reads that neither a tier nor a load of their own answered: they waited for another's. */
  long shared() {
    return reads - errors - stats.localHits() - stats.remoteHits() - stats.loads();
  }

  double millisAt(double percentile) {
    return micros.getValueAtPercentile(percentile) / (double) TimeUnit.MILLISECONDS.toMicros(1);
  }
}
