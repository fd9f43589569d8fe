"""The engines that come with Vivavoce, a file each."""
