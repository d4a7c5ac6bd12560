/**
 * What a test needs to see how a service behaves while time passes and Redis fails.
 *
 * <p>Start at {@link dev.scaling.testkit.VirtualTime} for tests without a server, and at
 * {@link dev.scaling.testkit.RedisExtension} for tests with real ones, which can be paused, killed,
 * failed over, and reached through a {@link dev.scaling.testkit.FaultProxy} that loses what it
 * carries.
 *
 * <p>Nothing here fakes Redis, listens on anything but the loopback interface, or touches a process
 * that it did not start.
 */
package dev.scaling.testkit;
