package dev.scaling.examples;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import java.lang.module.ModuleDescriptor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Rules on what a module lets its users see. */
final class ModuleRules {

  private static final int PUBLIC_TYPES_OF_A_PACKAGE = 12;

  /** Packages with these names are for our own modules. */
  private static final Set<String> OWN = Set.of("internal", "telemetry");

  private ModuleRules() {}

  /** Public types stand in exported packages, and what is ours alone is exported by name. */
  static List<String> exports(ModuleDescriptor module, Collection<JavaClass> classes) {
    var violations = new ArrayList<String>();
    Set<String> exported = exported(module);
    for (String name : exported) {
      if (isOwn(name)) {
        violations.add(module.name() + " exports " + name + " to everybody");
      }
    }
    for (JavaClass type : publicTopLevel(classes)) {
      String name = type.getPackageName();
      if (!exported.contains(name) && !isOwn(name)) {
        violations.add(type.getName() + " is public, but its package is not exported");
      }
    }
    return violations;
  }

  /** At most 12 public types a package, and at most half of a module's types. */
  static List<String> publicTypes(String module, Collection<JavaClass> classes) {
    var violations = new ArrayList<String>();
    List<JavaClass> open = publicTopLevel(classes);
    open.stream()
        .collect(Collectors.groupingBy(JavaClass::getPackageName, Collectors.counting()))
        .forEach((name, count) -> {
          if (count > PUBLIC_TYPES_OF_A_PACKAGE) {
            violations.add(name + " has " + count + " public types");
          }
        });
    int all = topLevel(classes).size();
    if (2 * open.size() > all) {
      violations.add(module + ": " + open.size() + " of " + all + " types are public");
    }
    return violations;
  }

  /** Every exported package says where to start, by a link. */
  static List<String> packageDocs(ModuleDescriptor module, Function<String, String> packageInfo) {
    return exported(module).stream()
        .filter(name -> !packageInfo.apply(name).contains("{@link "))
        .map(name -> name + " has no package-info with a {@link}")
        .toList();
  }

  private static Set<String> exported(ModuleDescriptor module) {
    return module.exports().stream()
        .filter(exports -> !exports.isQualified())
        .map(ModuleDescriptor.Exports::source)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static boolean isOwn(String packageName) {
    return OWN.contains(packageName.substring(packageName.lastIndexOf('.') + 1));
  }

  private static List<JavaClass> publicTopLevel(Collection<JavaClass> classes) {
    return topLevel(classes).stream()
        .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
        .toList();
  }

  private static List<JavaClass> topLevel(Collection<JavaClass> classes) {
    return classes.stream()
        .filter(JavaClass::isTopLevelClass)
        .filter(type -> !type.getSimpleName().equals("package-info"))
        .filter(type -> !type.getName().equals("module-info"))
        .toList();
  }
}
