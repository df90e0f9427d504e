module example.com/compute-tax-go

go 1.21
