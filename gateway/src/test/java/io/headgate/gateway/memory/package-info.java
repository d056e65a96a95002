@NullMarked
package io.headgate.gateway.memory;

import org.jspecify.annotations.NullMarked;
