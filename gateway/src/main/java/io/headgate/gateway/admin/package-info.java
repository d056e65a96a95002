/** Health, readiness, metrics and state for the people who run the gateway. */
@NullMarked
package io.headgate.gateway.admin;

import org.jspecify.annotations.NullMarked;
