package dev.scaling.jmh;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** One row of the scorecard: what is measured, beside whom, and what it should come to. */
@FunctionalInterface
interface Comparison {

  /** Measures, on servers and clients of the row's own. */
  List<Line> run(Lab lab, String id, Effort effort) throws Exception;

  /** Returns all rows by their IDs. */
  static Map<String, Comparison> all() {
    Map<String, Comparison> all = new TreeMap<>();
    all.put("adaptive.overload", Overloads::adaptive);
    all.put("collapse.single-flight", Collapsing::beside);
    all.put("collapse.batch", Batching::beside);
    all.put("cache.local-hit", LocalHits::besideCaffeine);
    all.put("cache.local-hit-vs-redisson", LocalHits::besideRedisson);
    all.put("cache.remote-hit", RemoteHits::alone);
    all.put("cache.remote-hit-64", RemoteHits::crowded);
    all.put("core.pipeline-64", RemoteHits::port);
    all.put("cache.commands", Commands::count);
    all.put("cache.stampede-4x50", Stampede::compare);
    all.put("limiter.central-32", RateLimits::central);
    all.put("limiter.accuracy", Accuracy::measure);
    all.put("limiter.allotment", RateLimits::allotment);
    all.put("limiter.three-limits", RateLimits::threeLimits);
    all.put("limiter.denied", RateLimits::denied);
    all.put("limiter.pauses", RateLimits::pauses);
    all.put("lock.commands", Locks::commands);
    all.put("lock.handover-4x4", Locks::handover);
    all.put("lock.quorum5", Locks::quorum);
    all.put("lock.uncontended", Locks::uncontended);
    all.put("pipeline.overhead", Pipelines::overhead);
    all.put("pipeline.contended", Pipelines::contended);
    all.put("pipeline.reject", Pipelines::reject);
    all.put("semaphore.handoff", Semaphores::handOff);
    return all;
  }
}
