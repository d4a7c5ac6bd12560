package dev.scaling.examples;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.CompositeArchRule;
import dev.scaling.core.ScalingException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;

/** A rule on compiled classes whose packages begin with a root. */
@SuppressWarnings("ImmutableEnumChecker") // its functions hold no state
enum BytecodeRule {
  TIME_AND_CHANCE_COME_THROUGH_THE_SEAMS(root -> noClasses()
      .that(describe("are no seam", type -> !isSeam(type)))
      .should()
      .accessTargetWhere(describe("reads time or chance", BytecodeRule::isTimeOrChance))),

  EXCEPTIONS_HAVE_ONE_ROOT(root -> classes()
      .that()
      .areAssignableTo(Throwable.class)
      .should()
      .beAssignableTo(ScalingException.class)),

  CONCRETE_TYPES_ARE_FINAL(root -> classes()
      .that(describe("are concrete", BytecodeRule::isConcrete))
      .should()
      .haveModifier(JavaModifier.FINAL)),

  PUBLIC_FIELDS_ARE_CONSTANT(
      root -> fields().that().arePublic().should().beStatic().andShould().beFinal()),

  ARROWS_POINT_TO_CORE(BytecodeRule::arrows),

  PACKAGES_HAVE_NO_CYCLES(root -> slices().matching(root + ".(**)").should().beFreeOfCycles()),

  REDISSON_STAYS_IN_THE_ADAPTER(root -> noClasses()
      .that()
      .resideOutsideOfPackage(root + ".core.redis")
      .should()
      .dependOnClassesThat()
      .resideInAnyPackage("org.redisson..", "io.netty..")),

  NO_METHOD_IS_SYNCHRONIZED(root -> methods().should().notHaveModifier(JavaModifier.SYNCHRONIZED)),

  ASYNC_STEPS_NAME_THEIR_EXECUTOR(root -> noClasses()
      .should()
      .accessTargetWhere(describe("runs on the common pool", BytecodeRule::runsOnTheCommonPool)));

  /** Where time and chance come from; everybody else takes them from there. */
  private static final Set<String> SEAMS = Set.of(
      "dev.scaling.core.SystemTime",
      "dev.scaling.core.redis.RedisBuilder",
      "dev.scaling.cache.TieredCacheBuilder",
      "dev.scaling.concurrency.limit.RateLimiterBuilder",
      "dev.scaling.concurrency.semaphore.DistributedSemaphoreBuilder",
      "dev.scaling.locks.LockServiceBuilder",
      "dev.scaling.resilience.ResilienceBuilder");

  private static final Map<String, Set<String>> TIME_AND_CHANCE = Map.of(
      System.class.getName(), Set.of("nanoTime", "currentTimeMillis"),
      Instant.class.getName(), Set.of("now"),
      Thread.class.getName(), Set.of("sleep"),
      ThreadLocalRandom.class.getName(), Set.of("current"),
      Math.class.getName(), Set.of("random"));

  /** Which modules a module may use. */
  private static final Map<String, Set<String>> ARROWS = Map.of(
      "core", Set.of(),
      "concurrency", Set.of("core"),
      "cache", Set.of("core", "concurrency"),
      "locks", Set.of("core"),
      "resilience", Set.of("core"),
      "testkit", Set.of("core"));

  private final Function<String, ArchRule> rule;

  BytecodeRule(Function<String, ArchRule> rule) {
    this.rule = rule;
  }

  /** Returns where classes break the rule. */
  List<String> violations(JavaClasses classes, String root) {
    return rule.apply(root)
        .allowEmptyShould(true)
        .evaluate(classes)
        .getFailureReport()
        .getDetails();
  }

  private static ArchRule arrows(String root) {
    ArchRule all = null;
    for (var module : ARROWS.entrySet()) {
      String[] forbidden = ARROWS.keySet().stream()
          .filter(other -> !other.equals(module.getKey()) && !module.getValue().contains(other))
          .map(other -> root + "." + other + "..")
          .toArray(String[]::new);
      ArchRule one = noClasses()
          .that()
          .resideInAPackage(root + "." + module.getKey() + "..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(forbidden)
          .allowEmptyShould(true);
      all = all == null ? one : CompositeArchRule.of(all).and(one);
    }
    return all;
  }

  private static boolean isSeam(JavaClass type) {
    return SEAMS.contains(type.getName())
        || type.getEnclosingClass().map(BytecodeRule::isSeam).orElse(false);
  }

  private static boolean isTimeOrChance(JavaAccess<?> access) {
    return TIME_AND_CHANCE
        .getOrDefault(access.getTargetOwner().getName(), Set.of())
        .contains(access.getName());
  }

  private static boolean isConcrete(JavaClass type) {
    return !type.isInterface()
        && !type.isEnum()
        && !type.isAnonymousClass()
        && !type.isAssignableTo(Enum.class)
        && !type.getModifiers().contains(JavaModifier.ABSTRACT);
  }

  private static boolean runsOnTheCommonPool(JavaAccess<?> access) {
    JavaClass owner = access.getTargetOwner();
    if (!(owner.isEquivalentTo(CompletableFuture.class)
            || owner.isEquivalentTo(CompletionStage.class))
        || !access.getName().endsWith("Async")) {
      return false;
    }
    return access.getTarget() instanceof CodeUnitAccessTarget unit
        && unit.getRawParameterTypes().stream()
            .noneMatch(parameter -> parameter.isEquivalentTo(Executor.class));
  }
}
