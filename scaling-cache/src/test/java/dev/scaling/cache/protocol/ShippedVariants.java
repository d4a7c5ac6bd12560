package dev.scaling.cache.protocol;

import static dev.scaling.cache.protocol.Operation.CLAIM;
import static dev.scaling.cache.protocol.Operation.COMMIT;
import static dev.scaling.cache.protocol.Operation.DELETE;
import static dev.scaling.cache.protocol.Operation.INVALIDATE;
import static dev.scaling.cache.protocol.Operation.LATE_PUT;
import static dev.scaling.cache.protocol.Operation.STORE;
import static dev.scaling.cache.protocol.Script.update;
import static dev.scaling.cache.protocol.Variant.named;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.scaling.cache.protocol.Variant.Rule;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/**
 * What our protocol adds to the published ones: operations that meet each other's fences, a write
 * that leaves its value behind, loaders that wait. The numbers of states are regression pins.
 *
 * <p>A put is sound only while no other writer of its key is under way, an invalidating one
 * included (M2, M5, M6); an update and an invalidate need no such turns (L). It stores under a
 * lease of its own, since a step that stores by itself may arrive when its turn is over (M7).
 */
final class ShippedVariants {

  private static final Script INVALIDATING = Script.of(COMMIT, INVALIDATE);
  private static final Script PUTTING = Script.of(COMMIT, CLAIM, STORE);

  private ShippedVariants() {}

  static Stream<Arguments> fresh() {
    return Stream.of(
        arguments(
            named("L update that may die beside an invalidate that keeps fences")
                .expiries(2)
                .rules(Rule.FENCE_OUTLIVES_COMMIT)
                .writers(update().dying(), INVALIDATING),
            330_176),
        arguments(named("M put by the only writer").expiries(2).writers(PUTTING), 7_478),
        arguments(
            named("M3 puts that take turns")
                .rules(Rule.WRITERS_TAKE_TURNS)
                .writers(PUTTING, PUTTING),
            119_082),
        arguments(
            named("M4 put and an update that may die, taking turns")
                .rules(Rule.WRITERS_TAKE_TURNS, Rule.FENCE_OUTLIVES_COMMIT)
                .writers(PUTTING, update().dying()),
            300_338),
        arguments(
            named("N waiting loaders start over, beside an invalidate")
                .restarts(2)
                .expiries(2)
                .writers(INVALIDATING),
            7_773),
        arguments(
            named("N2 as N, three loaders").loadersOn(0, 1, 0).restarts(1).writers(INVALIDATING),
            148_037),
        arguments(
            named("N3 as N, beside an update that may die")
                .restarts(1)
                .expiries(2)
                .rules(Rule.FENCE_OUTLIVES_COMMIT)
                .writers(update().dying()),
            39_259),
        arguments(
            named("R leases are renewed until their loaders end or die")
                .expiries(2)
                .rules(Rule.LEASE_IS_RENEWED, Rule.LOADERS_DIE)
                .writers(INVALIDATING),
            1_681));
  }

  static Stream<Arguments> stale() {
    return Stream.of(
        arguments(
            named("L2 as L, the invalidate deletes fences too")
                .loadersOn(0)
                .rules(Rule.FENCE_OUTLIVES_COMMIT)
                .writers(update().dying(), Script.of(COMMIT, DELETE)),
            9_223),
        arguments(named("M2 two puts at once").writers(PUTTING, PUTTING), 202_984),
        arguments(named("M5 put beside an update").loadersOn(0).writers(PUTTING, update()), 15_050),
        arguments(
            named("M6 put beside an invalidate").loadersOn(0).writers(PUTTING, INVALIDATING),
            4_799),
        arguments(
            named("M7 puts that take turns, stored in one step that may arrive late")
                .rules(Rule.WRITERS_TAKE_TURNS)
                .writers(Script.of(COMMIT, LATE_PUT), Script.of(COMMIT, LATE_PUT)),
            35_304));
  }
}
