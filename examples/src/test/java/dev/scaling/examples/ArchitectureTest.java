package dev.scaling.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.scaling.examples.violations.cache.Breaches;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the classes of all published modules to the rules, and each rule to one that breaks it. */
final class ArchitectureTest {

  private static final String ROOT = "dev.scaling";
  private static final String VIOLATIONS = "dev.scaling.examples.violations";

  private static final JavaClasses PUBLISHED = new ClassFileImporter()
      .importPaths(modules().stream()
          .map(ArchitectureTest::classesOf)
          .filter(Files::exists)
          .toList());
  private static final JavaClasses BROKEN = new ClassFileImporter().importPackages(VIOLATIONS);

  @Test
  void classes_areThere() {
    assertThat(PUBLISHED.contain("dev.scaling.core.Time")).isTrue();
    assertThat(PUBLISHED.contain("dev.scaling.cache.TieredCache")).isTrue();
    assertThat(PUBLISHED.contain("dev.scaling.testkit.RedisServers")).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void publishedClasses_keepTheRule(BytecodeRule rule) {
    assertThat(rule.violations(PUBLISHED, ROOT)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void brokenClasses_areCaught(BytecodeRule rule) {
    assertThat(rule.violations(BROKEN, VIOLATIONS)).isNotEmpty();
  }

  @ParameterizedTest
  @MethodSource("modules")
  void module_showsOnlyWhatItExports(String module) {
    Optional<ModuleDescriptor> descriptor = descriptor(module);
    List<JavaClass> classes = classes(module);

    assertThat(descriptor.isPresent() || classes.isEmpty())
        .as(module + " has classes, so it needs a module-info")
        .isTrue();
    descriptor.ifPresent(found -> {
      assertThat(found.name()).isEqualTo(ROOT + "." + module.substring("scaling-".length()));
      assertThat(ModuleRules.exports(found, classes)).isEmpty();
      assertThat(ModuleRules.packageDocs(found, name -> packageInfo(module, name)))
          .isEmpty();
    });
    assertThat(ModuleRules.publicTypes(module, classes)).isEmpty();
  }

  @Test
  void publicTypeOutsideTheExports_isCaught() {
    var module =
        ModuleDescriptor.newModule("a").packages(Set.of(VIOLATIONS + ".cache")).build();

    assertThat(ModuleRules.exports(module, broken()))
        .contains(Breaches.class.getName() + " is public, but its package is not exported");
  }

  @Test
  void internalsExportedToEverybody_areCaught() {
    var module = ModuleDescriptor.newModule("a").exports("a.b.internal").build();

    assertThat(ModuleRules.exports(module, List.of()))
        .containsExactly("a exports a.b.internal to everybody");
  }

  @Test
  void moduleOfPublicTypes_isCaught() {
    assertThat(ModuleRules.publicTypes("a", broken()))
        .containsExactly("a: 3 of 3 types are public");
  }

  @Test
  void exportedPackageWithoutALink_isCaught() {
    var module = ModuleDescriptor.newModule("a").exports("a.b").build();

    assertThat(ModuleRules.packageDocs(module, name -> "/** Holds things. */"))
        .containsExactly("a.b has no package-info with a {@link}");
  }

  private static List<String> modules() {
    return Repository.publishedModules();
  }

  private static Path classesOf(String module) {
    return Repository.root().resolve(module).resolve("target/classes");
  }

  private static Optional<ModuleDescriptor> descriptor(String module) {
    return ModuleFinder.of(classesOf(module)).findAll().stream()
        .map(reference -> reference.descriptor())
        .filter(descriptor -> !descriptor.isAutomatic())
        .findFirst();
  }

  private static List<JavaClass> classes(String module) {
    String prefix = ROOT + "." + module.substring("scaling-".length());
    return PUBLISHED.stream()
        .filter(type -> (type.getPackageName() + ".").startsWith(prefix + "."))
        .filter(type -> !type.getSimpleName().equals("package-info"))
        .toList();
  }

  private static String packageInfo(String module, String name) {
    return Repository.read(
        module + "/src/main/java/" + name.replace('.', '/') + "/package-info.java");
  }

  private static Collection<JavaClass> broken() {
    return BROKEN.stream().toList();
  }
}
