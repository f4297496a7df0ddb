s/copy-extensions: .*/copy-extensions: [basicConstraints]/
