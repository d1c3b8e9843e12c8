use einthoven_shapley::Method;

#[test]
fn names_are_those_of_the_command_line() {
    for method in Method::ALL {
        assert_eq!(method.to_string().parse::<Method>().unwrap(), method);
    }
    for (name, words) in [
        ("spex", "einthoven interact"),
        ("ig", "needs a network and a record"),
        ("smoothgrad-squared", "einthoven explain"),
        ("svarm-iq", "einthoven interact"),
        ("kernelshap-iq-inconsistent", "einthoven interact"),
    ] {
        let error = name.parse::<Method>().unwrap_err().to_string();
        assert!(error.contains(name) && error.contains(words), "{error}");
    }
    let error = "shapley".parse::<Method>().unwrap_err().to_string();
    assert!(error.contains("no such method") && error.contains("exact, kernel, leverage"), "{error}");
}

#[test]
fn auto_takes_the_best_that_the_budget_allows() {
    let auto = |n, budget| Method::Auto.resolve(n, budget).unwrap().method;
    assert_eq!(auto(12, 4096), Method::Exact);
    assert_eq!(auto(12, 4095), Method::Kernel);
    assert_eq!(auto(12, 98), Method::Kernel);
    assert_eq!(auto(12, 97), Method::Permutation);
    assert_eq!(auto(20, 1 << 20), Method::Exact);
    assert_eq!(auto(21, 1 << 21), Method::Kernel);
    assert_eq!(auto(59, 474), Method::Kernel);
    assert_eq!(auto(59, 473), Method::Permutation);
    assert_eq!(auto(60, 300), Method::Leverage);
    assert_eq!(auto(60, 299), Method::Permutation);
    assert_eq!(auto(1100, 4096), Method::Permutation);
    assert_eq!(auto(1100, 5500), Method::Leverage);
    assert_eq!(Method::Kernel.resolve(3, 1000).unwrap().method, Method::Kernel);
    assert!(Method::Auto.resolve(12, 23).is_err());
}

#[test]
fn threads_change_no_bit() {
    let game = crate::games::random_sparse(30, &[1, 2, 3], 40, 9);
    for method in Method::ALL {
        // Players without a tree, and too many to enumerate.
        if matches!(method, Method::Exact | Method::HierarchicalOwen | Method::Auto) {
            continue;
        }
        let [one, two, three] = [1, 2, 3].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| crate::games::run(method, &game, 500, 1))
        });
        assert_eq!(one.terms, two.terms, "{method}");
        assert_eq!(one.terms, three.terms, "{method}");
    }
}
