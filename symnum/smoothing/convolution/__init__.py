"""The convolution with a mollifier, in closed form where there is one."""
