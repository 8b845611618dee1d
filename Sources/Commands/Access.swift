private let ofEverybody: CommandFlags = [.noScript, .loading, .stale]
private let ofAdmins: CommandFlags = [.admin, .noScript, .loading, .stale]
private let username = CommandArgument.string("username")

/// The commands on users and what they may do; the node answers them.
let accessCommands: [Command] = [
  Command(
    "acl", arity: -2, [],
    .init(
      .server, since: "6.0.0", "A container for Access List Control commands",
      complexity: "Depends on subcommand."),
    subcommands: [
      Command(
        "acl|cat", arity: -2, ofEverybody,
        .init(
          .server, since: "6.0.0", "List the ACL categories or the commands inside a category",
          .string("category").optional)),
      Command(
        "acl|deluser", arity: -3, ofAdmins,
        .init(
          .server, since: "6.0.0", "Remove the specified ACL users and the associated rules",
          username.multiple)),
      Command(
        "acl|dryrun", arity: -4, ofAdmins,
        .init(
          .server, since: "7.0.0",
          "Returns whether the user can execute the given command without executing the command.", username,
          .string("command"), .string("arg").optional.multiple)),
      Command(
        "acl|genpass", arity: -2, ofEverybody,
        .init(
          .server, since: "6.0.0", "Generate a pseudorandom secure password to use for ACL users",
          .integer("bits").optional)),
      Command(
        "acl|getuser", arity: 3, ofAdmins,
        .init(.server, since: "6.0.0", "Get the rules for a specific ACL user", username)),
      Command(
        "acl|list", arity: 2, ofAdmins,
        .init(
          .server, since: "6.0.0", "List the current ACL rules in ACL config file format",
          complexity: "O(N). Where N is the number of configured users.")),
      Command(
        "acl|load", arity: 2, ofAdmins,
        .init(
          .server, since: "6.0.0", "Reload the ACLs from the configured ACL file",
          complexity: "O(N). Where N is the number of configured users.")),
      Command(
        "acl|log", arity: -2, ofAdmins,
        .init(
          .server, since: "6.0.0", "List latest events denied because of ACLs in place",
          complexity: "O(N) with N being the number of entries shown.",
          .oneOf("operation", .integer("count"), .token("RESET")).optional)),
      Command(
        "acl|save", arity: 2, ofAdmins,
        .init(
          .server, since: "6.0.0", "Save the current ACL rules in the configured ACL file",
          complexity: "O(N). Where N is the number of configured users.")),
      Command(
        "acl|setuser", arity: -3, ofAdmins,
        .init(
          .server, since: "6.0.0", "Modify or create the rules for a specific ACL user",
          complexity: "O(N). Where N is the number of rules provided.", username,
          .string("rule").optional.multiple)),
      Command(
        "acl|users", arity: 2, ofAdmins,
        .init(
          .server, since: "6.0.0", "List the username of all the configured ACL rules",
          complexity: "O(N). Where N is the number of configured users.")),
      Command(
        "acl|whoami", arity: 2, ofEverybody,
        .init(.server, since: "6.0.0", "Return the name of the user associated to the current connection")),
      Command(
        "acl|help", arity: 2, [.loading, .stale],
        .init(.server, since: "6.0.0", "Show helpful text about the different subcommands")),
    ])
]
