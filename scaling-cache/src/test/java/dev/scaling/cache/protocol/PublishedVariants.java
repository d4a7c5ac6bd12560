package dev.scaling.cache.protocol;

import static dev.scaling.cache.protocol.Operation.COMMIT;
import static dev.scaling.cache.protocol.Operation.DELETE;
import static dev.scaling.cache.protocol.Operation.SET;
import static dev.scaling.cache.protocol.Operation.SET_IF_NEWER;
import static dev.scaling.cache.protocol.Operation.TOMBSTONE;
import static dev.scaling.cache.protocol.Script.commitThenDelete;
import static dev.scaling.cache.protocol.Script.loneUpdate;
import static dev.scaling.cache.protocol.Script.update;
import static dev.scaling.cache.protocol.Variant.named;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.scaling.cache.protocol.Variant.Fill;
import dev.scaling.cache.protocol.Variant.LocalFill;
import dev.scaling.cache.protocol.Variant.Rule;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/**
 * The protocols in common use, their faults, and the repairs ours is made of; each with the number
 * of its states. An older model of the same protocols, in another language, visits exactly as many,
 * and comes to rest in as many of them.
 */
final class PublishedVariants {

  private PublishedVariants() {}

  static Stream<Arguments> fresh() {
    return Stream.of(
        arguments(
            named("D lease per load, local epoch check")
                .loadersOn(0, 1, 0)
                .writers(commitThenDelete()),
            43_101),
        arguments(
            named("D2 as D, two writers, two expiries")
                .expiries(2)
                .writers(commitThenDelete(), commitThenDelete()),
            58_552),
        arguments(
            named("F2 delete before and after the commit")
                .writers(Script.of(DELETE, COMMIT, DELETE)),
            16_131),
        arguments(named("G fence, commit, unfence").expiries(2).writers(loneUpdate()), 21_476),
        arguments(
            named("G2 as G, two writers").loadersOn(0).writers(loneUpdate(), loneUpdate()), 19_856),
        arguments(
            named("K as G, the writer may die, the fence outlives the commit")
                .expiries(2)
                .rules(Rule.FENCE_OUTLIVES_COMMIT)
                .writers(loneUpdate().dying()),
            21_779),
        arguments(
            named("K4 as K, two writers, each lifts only its own fence")
                .loadersOn(0)
                .rules(Rule.FENCE_OUTLIVES_COMMIT)
                .writers(update().dying(), update().dying()),
            30_308),
        arguments(
            named("H2 lagging replica, a tombstone outlives the lag")
                .rules(Rule.REPLICA_LAGS)
                .writers(Script.of(COMMIT, TOMBSTONE)),
            4_644),
        arguments(
            named("I2 write-through that compares versions, two writers")
                .loadersOn()
                .writers(Script.of(COMMIT, SET_IF_NEWER), Script.of(COMMIT, SET_IF_NEWER)),
            47),
        arguments(
            named("I3 as I2, with loaders")
                .writers(Script.of(COMMIT, SET_IF_NEWER), Script.of(COMMIT, SET_IF_NEWER)),
            23_398));
  }

  static Stream<Arguments> stale() {
    return Stream.of(
        arguments(
            named("A blind fill, delete after the commit")
                .fill(Fill.BLIND, LocalFill.NO_LOCAL_TIER)
                .writers(commitThenDelete()),
            1_014),
        arguments(
            named("B lease per client, two loads on one client")
                .fill(Fill.LEASE_PER_CLIENT, LocalFill.NO_LOCAL_TIER)
                .loadersOn(0, 0)
                .writers(commitThenDelete()),
            2_274),
        arguments(
            named("C lease per load, blind local fill")
                .fill(Fill.LEASE_PER_LOAD, LocalFill.BLIND)
                .writers(commitThenDelete()),
            2_708),
        arguments(
            named("E as D, one message is lost").losses(1).writers(commitThenDelete()), 4_419),
        arguments(
            named("F as D, delete before the commit").writers(Script.of(DELETE, COMMIT)), 4_430),
        arguments(
            named("H as D, loaders read a lagging replica")
                .rules(Rule.REPLICA_LAGS)
                .writers(commitThenDelete()),
            6_980),
        arguments(
            named("I write-through after the commit, two writers")
                .loadersOn()
                .writers(Script.of(COMMIT, SET), Script.of(COMMIT, SET)),
            65),
        arguments(named("J as D, the writer may die").writers(commitThenDelete().dying()), 2_712),
        arguments(
            named("K2 as K, the fence may expire before the commit")
                .expiries(2)
                .writers(loneUpdate().dying()),
            27_476),
        arguments(
            named("K3 as K, two writers, the first to finish lifts the fence of both")
                .loadersOn(0)
                .rules(Rule.FENCE_OUTLIVES_COMMIT)
                .writers(loneUpdate().dying(), loneUpdate().dying()),
            35_852));
  }
}
